// The gradient of a network's mean hinge loss and penalty, by hand: a vector is eight examples.
// Several sums are kept in registers, gradients as vectors over all examples, added up at the end.

typedef double vector __attribute__((vector_size(64)));
typedef double unaligned __attribute__((vector_size(64), aligned(8)));
typedef long long mask __attribute__((vector_size(64)));

// gcc is told INPUTS, and the neurons of the layers, WIDE and WIDE2: multiples of TILE.
enum {
    FIRST = WIDE * (INPUTS + 1),
    SECOND = WIDE2 * (WIDE + 1),
    PARAMETERS = FIRST + SECOND + WIDE2 + 1,
    TILE = 8,  // sums at once
};

static inline vector all(double x) { return x - (vector){}; }
static inline vector where(mask m, vector x) { return (vector)((mask)x & m); }

// TILE rows from a matrix times a column of vectors, on top of what they start with.
static inline void times(vector *sums, const double *w, long row, long column, const vector *x,
                         int n) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < TILE; k++) sums[k] += w[k * row + i * column] * x[i];
}

// A neuron's weights stand before its bias.
double mean_and_gradient(long examples, double alpha, const double *theta,
                         const double *x_given, const double *y_given, double *gradient) {
    static vector sums[PARAMETERS];
    const double *first = theta, *second = theta + FIRST, *last = second + SECOND;
    vector *d_first = sums, *d_second = sums + FIRST, *d_last = d_second + SECOND;
    const vector zero = {};
    vector loss = zero;
    for (int i = 0; i < PARAMETERS; i++) sums[i] = zero;

    for (long start = 0; start < examples; start += 8) {
        const int n = examples - start < 8 ? examples - start : 8;
        vector x[INPUTS], y = zero, counts = zero, z1[WIDE], z2[WIDE2], g1[WIDE], g2[WIDE2];
        if (n == 8) {
            y = *(const unaligned *)(y_given + start);
            counts = all(1.0);
            for (int i = 0; i < INPUTS; i++)
                for (int e = 0; e < 8; e++) x[i][e] = x_given[(start + e) * INPUTS + i];
        } else {
            for (int i = 0; i < INPUTS; i++) x[i] = zero;
            for (int e = 0; e < n; e++) {
                y[e] = y_given[start + e];
                counts[e] = 1.0;
                for (int i = 0; i < INPUTS; i++) x[i][e] = x_given[(start + e) * INPUTS + i];
            }
        }

        for (int j = 0; j < WIDE; j += TILE) {
            const double *w = first + j * (INPUTS + 1);
            vector a[TILE];
            for (int k = 0; k < TILE; k++) a[k] = all(w[k * (INPUTS + 1) + INPUTS]);
            times(a, w, INPUTS + 1, 1, x, INPUTS);
            for (int k = 0; k < TILE; k++) z1[j + k] = where(a[k] > zero, a[k]);
        }
        for (int j = 0; j < WIDE2; j += TILE) {
            const double *w = second + j * (WIDE + 1);
            vector a[TILE];
            for (int k = 0; k < TILE; k++) a[k] = all(w[k * (WIDE + 1) + WIDE]);
            times(a, w, WIDE + 1, 1, z1, WIDE);
            for (int k = 0; k < TILE; k++) z2[j + k] = where(a[k] > zero, a[k]);
        }
        vector scores[4] = {all(last[WIDE2]), zero, zero, zero};
        for (int j = 0; j < WIDE2; j += 4)
            for (int k = 0; k < 4; k++) scores[k] += last[j + k] * z2[j + k];
        const vector margin = 1.0 - y * (scores[0] + scores[1] + scores[2] + scores[3]);
        const vector g = where(margin > zero, -y * counts);
        loss += where(margin > zero, margin * counts);

        d_last[WIDE2] += g;
        for (int j = 0; j < WIDE2; j++) {
            d_last[j] += g * z2[j];
            g2[j] = where(z2[j] > zero, last[j] * g);
        }
        for (int i = 0; i < WIDE; i += TILE) {
            vector a[TILE] = {};
            times(a, second + i, 1, WIDE + 1, g2, WIDE2);
            for (int k = 0; k < TILE; k++) g1[i + k] = where(z1[i + k] > zero, a[k]);
        }
        for (int j = 0; j < WIDE2; j++) {
            vector *d = d_second + j * (WIDE + 1);
            for (int i = 0; i < WIDE; i++) d[i] += g2[j] * z1[i];
            d[WIDE] += g2[j];
        }
        for (int j = 0; j < WIDE; j++) {
            vector *d = d_first + j * (INPUTS + 1);
            for (int i = 0; i < INPUTS; i++) d[i] += g1[j] * x[i];
            d[INPUTS] += g1[j];
        }
    }
    double whole = 0.0, penalty = 0.0;
    for (int e = 0; e < 8; e++) whole += loss[e];
    for (int i = 0; i < PARAMETERS; i++) {
        double sum = 0.0;
        for (int e = 0; e < 8; e++) sum += sums[i][e];
        penalty += theta[i] * theta[i];
        gradient[i] = sum / examples + 2.0 * alpha * theta[i];
    }
    return whole / examples + alpha * penalty;
}
