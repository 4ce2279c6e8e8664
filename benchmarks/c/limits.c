// What the processor could do: products and sums with nothing in their way, and numbers that are
// brought from a cache or from memory.

typedef double vector __attribute__((vector_size(64)));

enum { SUMS = 10 };  // enough of them that none waits for the one before

// 16 * SUMS operations a turn.
double multiply_and_add(long turns, double x) {
    vector sums[SUMS] = {}, factor = x - (vector){};
    double whole = 0.0;
    for (long i = 0; i < turns; i++)
        for (int k = 0; k < SUMS; k++) sums[k] = sums[k] * factor + factor;
    for (int k = 0; k < SUMS; k++)
        for (int e = 0; e < 8; e++) whole += sums[k][e];
    return whole;
}

// z = x + a * y, over and over: three numbers of eight bytes are moved for each result.
void triad(long turns, long count, double a, const double *restrict x, const double *restrict y,
           double *restrict z) {
    for (long i = 0; i < turns; i++) {
        for (long k = 0; k < count; k++) z[k] = x[k] + a * y[k];
        __asm__ volatile("" : : "r"(z) : "memory");  // z is wanted at every turn
    }
}
