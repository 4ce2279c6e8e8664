// The gradient of a network's mean hinge loss and penalty, in plain loops over blocks of examples.
// A layer's numbers lie one row a neuron, so that the inner loops run over examples.

// gcc is told INPUTS, and the neurons of the layers, WIDE and WIDE2.
enum {
    FIRST = WIDE * (INPUTS + 1),
    SECOND = WIDE2 * (WIDE + 1),
    PARAMETERS = FIRST + SECOND + WIDE2 + 1,
    BLOCK = 64,  // examples
};

// A neuron's weights stand before its bias.
double mean_and_gradient(long examples, double alpha, const double *theta,
                         const double *x_given, const double *y, double *gradient) {
    const double *first = theta, *second = theta + FIRST, *last = second + SECOND;
    double *d_first = gradient, *d_second = gradient + FIRST, *d_last = d_second + SECOND;
    double loss = 0.0, penalty = 0.0;
    for (int i = 0; i < PARAMETERS; i++) gradient[i] = 0.0;

    for (long start = 0; start < examples; start += BLOCK) {
        const int n = examples - start < BLOCK ? examples - start : BLOCK;
        double x[INPUTS][BLOCK], z1[WIDE][BLOCK], z2[WIDE2][BLOCK], g1[WIDE][BLOCK], g2[BLOCK];
        double score[BLOCK], g[BLOCK], sum;
        for (int e = 0; e < n; e++)
            for (int i = 0; i < INPUTS; i++) x[i][e] = x_given[(start + e) * INPUTS + i];

        for (int j = 0; j < WIDE; j++) {
            const double *w = first + j * (INPUTS + 1);
            for (int e = 0; e < n; e++) z1[j][e] = w[INPUTS];
            for (int i = 0; i < INPUTS; i++)
                for (int e = 0; e < n; e++) z1[j][e] += w[i] * x[i][e];
            for (int e = 0; e < n; e++) z1[j][e] = z1[j][e] > 0.0 ? z1[j][e] : 0.0;
        }
        for (int j = 0; j < WIDE2; j++) {
            const double *w = second + j * (WIDE + 1);
            for (int e = 0; e < n; e++) z2[j][e] = w[WIDE];
            for (int i = 0; i < WIDE; i++)
                for (int e = 0; e < n; e++) z2[j][e] += w[i] * z1[i][e];
            for (int e = 0; e < n; e++) z2[j][e] = z2[j][e] > 0.0 ? z2[j][e] : 0.0;
        }
        for (int e = 0; e < n; e++) score[e] = last[WIDE2];
        for (int j = 0; j < WIDE2; j++)
            for (int e = 0; e < n; e++) score[e] += last[j] * z2[j][e];

        for (int e = 0; e < n; e++) {
            const double margin = 1.0 - y[start + e] * score[e];
            score[e] = margin > 0.0 ? margin : 0.0;
            g[e] = margin > 0.0 ? -y[start + e] : 0.0;
        }
        sum = 0.0;
        for (int e = 0; e < n; e++) sum += score[e];
        loss += sum;

        sum = 0.0;
        for (int e = 0; e < n; e++) sum += g[e];
        d_last[WIDE2] += sum;
        for (int i = 0; i < WIDE; i++)
            for (int e = 0; e < n; e++) g1[i][e] = 0.0;
        for (int j = 0; j < WIDE2; j++) {
            const double *w = second + j * (WIDE + 1);
            double *d = d_second + j * (WIDE + 1);
            sum = 0.0;
            for (int e = 0; e < n; e++) sum += g[e] * z2[j][e];
            d_last[j] += sum;
            for (int e = 0; e < n; e++) g2[e] = z2[j][e] > 0.0 ? last[j] * g[e] : 0.0;
            for (int i = 0; i < WIDE; i++) {
                sum = 0.0;
                for (int e = 0; e < n; e++) sum += g2[e] * z1[i][e];
                d[i] += sum;
                for (int e = 0; e < n; e++) g1[i][e] += w[i] * g2[e];
            }
            sum = 0.0;
            for (int e = 0; e < n; e++) sum += g2[e];
            d[WIDE] += sum;
        }
        for (int j = 0; j < WIDE; j++) {
            double *d = d_first + j * (INPUTS + 1);
            for (int e = 0; e < n; e++) g1[j][e] = z1[j][e] > 0.0 ? g1[j][e] : 0.0;
            for (int i = 0; i < INPUTS; i++) {
                sum = 0.0;
                for (int e = 0; e < n; e++) sum += g1[j][e] * x[i][e];
                d[i] += sum;
            }
            sum = 0.0;
            for (int e = 0; e < n; e++) sum += g1[j][e];
            d[INPUTS] += sum;
        }
    }
    for (int i = 0; i < PARAMETERS; i++) {
        penalty += theta[i] * theta[i];
        gradient[i] = gradient[i] / examples + 2.0 * alpha * theta[i];
    }
    return loss / examples + alpha * penalty;
}
