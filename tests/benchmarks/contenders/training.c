/* The trainings by hand in C.

Arrays are [unit][sample]: the inner loops run over neighbouring samples.  Sizes are constants, for the compiler
to unroll.  Parameters lie as everywhere: layer by layer, each neuron's weights, then its bias. */

#include <math.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

/* out = W·in + b */
INLINE void forward(int inputs, int units, int n, const double *restrict w, const double *restrict in,
                    double *restrict out) {
    for (int u = 0; u < units; u++) {
        const double *own = w + u * (inputs + 1);
        double *row = out + u * n;
        for (int i = 0; i < n; i++) row[i] = own[inputs];
        for (int k = 0; k < inputs; k++)
            for (int i = 0; i < n; i++) row[i] += own[k] * in[k * n + i];
    }
}

/* The gradient of the weights and biases, from that of the outputs. */
INLINE void weight_gradient(int inputs, int units, int n, const double *restrict dout, const double *restrict in,
                            double *restrict dw) {
    for (int u = 0; u < units; u++) {
        const double *g = dout + u * n;
        double *own = dw + u * (inputs + 1);
        for (int k = 0; k < inputs; k++) {
            double sum = 0.0;
            for (int i = 0; i < n; i++) sum += g[i] * in[k * n + i];
            own[k] = sum;
        }
        double sum = 0.0;
        for (int i = 0; i < n; i++) sum += g[i];
        own[inputs] = sum;
    }
}

/* The gradient of the inputs: Wᵀ·dout. */
INLINE void input_gradient(int inputs, int units, int n, const double *restrict w, const double *restrict dout,
                           double *restrict din) {
    for (int k = 0; k < inputs; k++) {
        double *row = din + k * n;
        for (int i = 0; i < n; i++) row[i] = 0.0;
        for (int u = 0; u < units; u++)
            for (int i = 0; i < n; i++) row[i] += w[u * (inputs + 1) + k] * dout[u * n + i];
    }
}

/* The rows as columns, those of one batch. */
INLINE void load(int inputs, int n, const double *restrict rows, const int64_t *restrict order, double *restrict x) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < inputs; k++) x[k * n + i] = rows[(order ? order[i] : i) * inputs + k];
}

INLINE void descend(int count, double *restrict p, const double *restrict g, double rate, double l2) {
    for (int i = 0; i < count; i++) p[i] -= rate * (g[i] + 2.0 * l2 * p[i]);
}

void moons(const double *rows, const double *y, double *p, double rate, double l2, int64_t steps, double *losses) {
    enum { N = 100, W = 16, SECOND = W * 3, THIRD = SECOND + W * (W + 1), COUNT = THIRD + W + 1 };
    static double x[2 * N], a1[W * N], a2[W * N], score[N], dscore[N], d1[W * N], d2[W * N], g[COUNT];
    load(2, N, rows, 0, x);
    for (int64_t step = 0; step < steps; step++) {
        forward(2, W, N, p, x, a1);
        for (int i = 0; i < W * N; i++) a1[i] = a1[i] > 0.0 ? a1[i] : 0.0;
        forward(W, W, N, p + SECOND, a1, a2);
        for (int i = 0; i < W * N; i++) a2[i] = a2[i] > 0.0 ? a2[i] : 0.0;
        forward(W, 1, N, p + THIRD, a2, score);
        double loss = 0.0, squares = 0.0;
        for (int i = 0; i < N; i++) {
            double margin = 1.0 - y[i] * score[i];
            loss += margin > 0.0 ? margin : 0.0;
            dscore[i] = margin > 0.0 ? -y[i] / N : 0.0;
        }
        for (int i = 0; i < COUNT; i++) squares += p[i] * p[i];
        losses[step] = loss / N + l2 * squares;

        weight_gradient(W, 1, N, dscore, a2, g + THIRD);
        input_gradient(W, 1, N, p + THIRD, dscore, d2);
        for (int i = 0; i < W * N; i++) d2[i] = a2[i] > 0.0 ? d2[i] : 0.0;
        weight_gradient(W, W, N, d2, a1, g + SECOND);
        input_gradient(W, W, N, p + SECOND, d2, d1);
        for (int i = 0; i < W * N; i++) d1[i] = a1[i] > 0.0 ? d1[i] : 0.0;
        weight_gradient(2, W, N, d1, x, g);
        descend(COUNT, p, g, rate, l2);
    }
}

/* order has the rows of the first `batches` steps; then it begins anew. */
void digits(const double *rows, const int64_t *classes, double *p, double rate, const int64_t *order, int64_t batches,
            int64_t steps, double *losses) {
    enum { N = 64, IN = 64, W = 16, OUT = 10, SECOND = W * (IN + 1), COUNT = SECOND + OUT * (W + 1) };
    static double x[IN * N], a[W * N], z[OUT * N], top[N], sums[N], d[W * N], g[COUNT];
    for (int64_t step = 0; step < steps; step++) {
        const int64_t *batch = order + step % batches * N;
        load(IN, N, rows, batch, x);
        forward(IN, W, N, p, x, a);
        for (int i = 0; i < W * N; i++) a[i] = tanh(a[i]);
        forward(W, OUT, N, p + SECOND, a, z);
        for (int i = 0; i < N; i++) top[i] = z[i];
        for (int c = 1; c < OUT; c++)
            for (int i = 0; i < N; i++) top[i] = z[c * N + i] > top[i] ? z[c * N + i] : top[i];
        double loss = 0.0;
        for (int i = 0; i < N; i++) loss -= z[classes[batch[i]] * N + i] - top[i];
        for (int i = 0; i < N; i++) sums[i] = 0.0;
        for (int c = 0; c < OUT; c++)
            for (int i = 0; i < N; i++) {
                z[c * N + i] = exp(z[c * N + i] - top[i]);
                sums[i] += z[c * N + i];
            }
        for (int i = 0; i < N; i++) loss += log(sums[i]);
        losses[step] = loss / N;

        for (int c = 0; c < OUT; c++)
            for (int i = 0; i < N; i++) z[c * N + i] /= sums[i] * N;
        for (int i = 0; i < N; i++) z[classes[batch[i]] * N + i] -= 1.0 / N;
        weight_gradient(W, OUT, N, z, a, g + SECOND);
        input_gradient(W, OUT, N, p + SECOND, z, d);
        for (int i = 0; i < W * N; i++) d[i] *= 1.0 - a[i] * a[i];
        weight_gradient(IN, W, N, d, x, g);
        descend(COUNT, p, g, rate, 0.0);
    }
}

void sigmoid(const double *rows, const double *y, double *p, double rate, int64_t steps, double *losses) {
    enum { N = 1000, W = 4, SECOND = W * 3, COUNT = SECOND + W + 1 };
    static double x[2 * N], a[W * N], out[N], d[W * N], g[COUNT];
    load(2, N, rows, 0, x);
    for (int64_t step = 0; step < steps; step++) {
        forward(2, W, N, p, x, a);
        for (int i = 0; i < W * N; i++) a[i] = 1.0 / (1.0 + exp(-a[i]));
        forward(W, 1, N, p + SECOND, a, out);
        double loss = 0.0;
        for (int i = 0; i < N; i++) {
            out[i] = 1.0 / (1.0 + exp(-out[i]));
            loss -= y[i] * log(out[i] + 1e-15) + (1.0 - y[i]) * log(1.0 - out[i] + 1e-15);
            out[i] = (out[i] - y[i]) / N;
        }
        losses[step] = loss / N;

        weight_gradient(W, 1, N, out, a, g + SECOND);
        input_gradient(W, 1, N, p + SECOND, out, d);
        for (int i = 0; i < W * N; i++) d[i] *= a[i] * (1.0 - a[i]);
        weight_gradient(2, W, N, d, x, g);
        descend(COUNT, p, g, rate, 0.0);
    }
}
