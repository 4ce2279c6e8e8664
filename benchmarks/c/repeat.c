// One gradient so many times, for a clock outside: a file of its own, so that the compiler
// leaves none out.

double mean_and_gradient(long examples, double alpha, const double *theta, const double *x,
                         const double *y, double *gradient);

double repeat(long times, long examples, double alpha, const double *theta, const double *x,
              const double *y, double *gradient) {
    double mean = 0.0;
    for (long i = 0; i < times; i++)
        mean = mean_and_gradient(examples, alpha, theta, x, y, gradient);
    return mean;
}
