/* A training step of the GPT by hand in C, one name a step.

Arrays are [position][unit]: the inner loops run over neighbouring units, whose number is a constant, and so no lane
is wasted on positions that a name does not have.  For the products forward the matrices are turned once a step.
Parameters lie as everywhere: matrix by matrix, row by row; a head's rows for queries, keys and values follow one
another. */

#include <math.h>
#include <string.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

enum { COUNT = 27, CONTEXT = 16, W = 16, HEADS = 4, SIZE = W / HEADS, QKV = 3 * W, WIDE = 4 * W, LOGITS = 32 };
enum {  /* where each matrix begins */
    TOKENS = 0, POSITIONS = TOKENS + COUNT * W, ATTEND = POSITIONS + CONTEXT * W, JOIN = ATTEND + QKV * W,
    FIRST = JOIN + W * W, SECOND = FIRST + WIDE * W, OUT = SECOND + W * WIDE, PARAMETERS = OUT + COUNT * W
};
#define EPSILON 1e-5

/* turned[k][o] = w[o][k]; rows of `turned` may be longer. */
INLINE void turn(int inputs, int units, int length, const double *restrict w, double *restrict turned) {
    for (int k = 0; k < inputs; k++)
        for (int o = 0; o < units; o++) turned[k * length + o] = w[o * inputs + k];
}

/* out = x·turned, or with `add` out += x·turned, for each position. */
INLINE void forward(int n, int inputs, int units, int add, const double *restrict turned, const double *restrict x,
                    double *restrict out) {
    for (int i = 0; i < n; i++) {
        double sums[units];
        for (int o = 0; o < units; o++) sums[o] = add ? out[i * units + o] : 0.0;
        for (int k = 0; k < inputs; k++)
            for (int o = 0; o < units; o++) sums[o] += x[i * inputs + k] * turned[k * units + o];
        for (int o = 0; o < units; o++) out[i * units + o] = sums[o];
    }
}

/* The gradient of the weights from that of the outputs, whose rows may be longer. */
INLINE void weight_gradient(int n, int inputs, int units, int length, const double *restrict dout,
                            const double *restrict x, double *restrict dw) {
    for (int o = 0; o < units; o++) {
        double sums[inputs];
        for (int k = 0; k < inputs; k++) sums[k] = 0.0;
        for (int i = 0; i < n; i++)
            for (int k = 0; k < inputs; k++) sums[k] += dout[i * length + o] * x[i * inputs + k];
        for (int k = 0; k < inputs; k++) dw[o * inputs + k] = sums[k];
    }
}

/* The gradient of the inputs. */
INLINE void input_gradient(int n, int inputs, int units, int length, const double *restrict w,
                           const double *restrict dout, double *restrict dx) {
    for (int i = 0; i < n; i++) {
        double sums[inputs];
        for (int k = 0; k < inputs; k++) sums[k] = 0.0;
        for (int o = 0; o < units; o++)
            for (int k = 0; k < inputs; k++) sums[k] += dout[i * length + o] * w[o * inputs + k];
        for (int k = 0; k < inputs; k++) dx[i * inputs + k] = sums[k];
    }
}

/* y = x·scale with scale = 1 / √(mean of x² + ε), for each position. */
INLINE void norm(int n, const double *restrict x, double *restrict y, double *restrict scale) {
    for (int i = 0; i < n; i++) {
        double squares = 0.0;
        for (int k = 0; k < W; k++) squares += x[i * W + k] * x[i * W + k];
        scale[i] = 1.0 / sqrt(squares / W + EPSILON);
        for (int k = 0; k < W; k++) y[i * W + k] = x[i * W + k] * scale[i];
    }
}

/* dx, or with `add` dx +=: the gradient of the inputs of a norm. */
INLINE void norm_gradient(int n, int add, const double *restrict dy, const double *restrict y,
                          const double *restrict scale, double *restrict dx) {
    for (int i = 0; i < n; i++) {
        double along = 0.0;
        for (int k = 0; k < W; k++) along += dy[i * W + k] * y[i * W + k];
        for (int k = 0; k < W; k++) {
            double g = scale[i] * (dy[i * W + k] - y[i * W + k] * along / W);
            dx[i * W + k] = add ? dx[i * W + k] + g : g;
        }
    }
}

/* Weights [head][position][position looked at], and what they gather; qkv is [position][head][q, k or v][SIZE]. */
INLINE void attend(int n, const double *restrict qkv, double *restrict weights, double *restrict gathered) {
    const double root = 1.0 / sqrt(SIZE);
    for (int h = 0; h < HEADS; h++)
        for (int i = 0; i < n; i++) {
            const double *q = qkv + i * QKV + h * 3 * SIZE;
            double *own = weights + (h * n + i) * n, top = -1e300;
            for (int j = 0; j <= i; j++) {
                const double *k = qkv + j * QKV + h * 3 * SIZE + SIZE;
                double sum = 0.0;
                for (int c = 0; c < SIZE; c++) sum += q[c] * k[c];
                own[j] = sum * root;
                top = own[j] > top ? own[j] : top;
            }
            for (int j = 0; j <= i; j++) own[j] -= top;
            for (int j = i + 1; j < n; j++) own[j] = -700.0;
        }
    for (int i = 0; i < HEADS * n * n; i++) weights[i] = exp(weights[i]);
    for (int h = 0; h < HEADS; h++)
        for (int i = 0; i < n; i++) {
            double *own = weights + (h * n + i) * n, sum = 0.0, found[SIZE] = {0};
            for (int j = 0; j <= i; j++) sum += own[j];
            for (int j = 0; j <= i; j++) {
                const double *v = qkv + j * QKV + h * 3 * SIZE + 2 * SIZE;
                own[j] /= sum;
                for (int c = 0; c < SIZE; c++) found[c] += own[j] * v[c];
            }
            for (int c = 0; c < SIZE; c++) gathered[i * W + h * SIZE + c] = found[c];
        }
}

INLINE void attend_gradient(int n, const double *restrict dgathered, const double *restrict weights,
                            const double *restrict qkv, double *restrict dqkv) {
    const double root = 1.0 / sqrt(SIZE);
    memset(dqkv, 0, n * QKV * sizeof(double));
    for (int h = 0; h < HEADS; h++)
        for (int i = 0; i < n; i++) {
            const double *own = weights + (h * n + i) * n, *g = dgathered + i * W + h * SIZE;
            const double *q = qkv + i * QKV + h * 3 * SIZE;
            double dweights[CONTEXT], mean = 0.0, dq[SIZE] = {0};
            for (int j = 0; j <= i; j++) {
                const double *v = qkv + j * QKV + h * 3 * SIZE + 2 * SIZE;
                double *dv = dqkv + j * QKV + h * 3 * SIZE + 2 * SIZE, sum = 0.0;
                for (int c = 0; c < SIZE; c++) sum += g[c] * v[c];
                for (int c = 0; c < SIZE; c++) dv[c] += own[j] * g[c];
                dweights[j] = sum;
                mean += own[j] * sum;
            }
            for (int j = 0; j <= i; j++) {
                const double *k = qkv + j * QKV + h * 3 * SIZE + SIZE;
                double *dk = dqkv + j * QKV + h * 3 * SIZE + SIZE, score = own[j] * (dweights[j] - mean) * root;
                for (int c = 0; c < SIZE; c++) dq[c] += score * k[c];
                for (int c = 0; c < SIZE; c++) dk[c] += score * q[c];
            }
            for (int c = 0; c < SIZE; c++) dqkv[i * QKV + h * 3 * SIZE + c] = dq[c];
        }
}

/* The gradient of the mean loss over the n positions of a name, and the loss. */
static double gradient(int n, const int64_t *restrict tokens, const int64_t *restrict targets,
                       const double *restrict p, double *restrict g) {
    static double attend_t[W * QKV], join_t[W * W], first_t[W * WIDE], second_t[WIDE * W], out_t[W * LOGITS];
    static double sum[CONTEXT * W], x0[CONTEXT * W], y0[CONTEXT * W], qkv[CONTEXT * QKV], gathered[CONTEXT * W];
    static double weights[HEADS * CONTEXT * CONTEXT], x1[CONTEXT * W], y1[CONTEXT * W], hidden[CONTEXT * WIDE];
    static double x2[CONTEXT * W], z[CONTEXT * LOGITS], dx[CONTEXT * W], dy[CONTEXT * W], dhidden[CONTEXT * WIDE];
    static double dqkv[CONTEXT * QKV], dgathered[CONTEXT * W], scale[3][CONTEXT];

    turn(W, QKV, QKV, p + ATTEND, attend_t);
    turn(W, W, W, p + JOIN, join_t);
    turn(W, WIDE, WIDE, p + FIRST, first_t);
    turn(WIDE, W, W, p + SECOND, second_t);
    turn(W, COUNT, LOGITS, p + OUT, out_t);

    for (int i = 0; i < n; i++)
        for (int k = 0; k < W; k++) sum[i * W + k] = p[TOKENS + tokens[i] * W + k] + p[POSITIONS + i * W + k];
    norm(n, sum, x0, scale[0]);
    norm(n, x0, y0, scale[1]);
    forward(n, W, QKV, 0, attend_t, y0, qkv);
    attend(n, qkv, weights, gathered);
    memcpy(x1, x0, n * W * sizeof(double));
    forward(n, W, W, 1, join_t, gathered, x1);
    norm(n, x1, y1, scale[2]);
    forward(n, W, WIDE, 0, first_t, y1, hidden);
    for (int i = 0; i < n * WIDE; i++) hidden[i] = hidden[i] > 0.0 ? hidden[i] : 0.0;
    memcpy(x2, x1, n * W * sizeof(double));
    forward(n, WIDE, W, 1, second_t, hidden, x2);
    forward(n, W, LOGITS, 0, out_t, x2, z);

    double loss = 0.0;
    for (int i = 0; i < n; i++) {
        double *own = z + i * LOGITS, top = own[0], total = 0.0;
        for (int c = 1; c < COUNT; c++) top = own[c] > top ? own[c] : top;
        loss -= own[targets[i]] - top;
        for (int c = 0; c < LOGITS; c++) own[c] = exp(own[c] - top);
        for (int c = 0; c < COUNT; c++) total += own[c];
        loss += log(total);
        for (int c = 0; c < LOGITS; c++) own[c] /= total * n;
        own[targets[i]] -= 1.0 / n;
    }

    weight_gradient(n, W, COUNT, LOGITS, z, x2, g + OUT);
    input_gradient(n, W, COUNT, LOGITS, p + OUT, z, dx);
    weight_gradient(n, WIDE, W, W, dx, hidden, g + SECOND);
    input_gradient(n, WIDE, W, W, p + SECOND, dx, dhidden);
    for (int i = 0; i < n * WIDE; i++) dhidden[i] = hidden[i] > 0.0 ? dhidden[i] : 0.0;
    weight_gradient(n, W, WIDE, WIDE, dhidden, y1, g + FIRST);
    input_gradient(n, W, WIDE, WIDE, p + FIRST, dhidden, dy);
    norm_gradient(n, 1, dy, y1, scale[2], dx);
    weight_gradient(n, W, W, W, dx, gathered, g + JOIN);
    input_gradient(n, W, W, W, p + JOIN, dx, dgathered);
    attend_gradient(n, dgathered, weights, qkv, dqkv);
    weight_gradient(n, W, QKV, QKV, dqkv, y0, g + ATTEND);
    input_gradient(n, W, QKV, QKV, p + ATTEND, dqkv, dy);
    norm_gradient(n, 1, dy, y0, scale[1], dx);
    norm_gradient(n, 0, dx, x0, scale[0], dy);
    memset(g, 0, ATTEND * sizeof(double));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < W; k++) {
            g[TOKENS + tokens[i] * W + k] += dy[i * W + k];
            g[POSITIONS + i * W + k] = dy[i * W + k];
        }
    return loss / n;
}

/* `tokens` and `targets` have CONTEXT numbers for each name, of which `lengths` count.  `order` has the names of the
first `names` steps, then it begins anew; the rate falls to 0 in `falling` steps, then it begins anew. */
void train(const int64_t *tokens, const int64_t *targets, const int64_t *lengths, double *p, double rate, double beta1,
           double beta2, double epsilon, int64_t falling, const int64_t *order, int64_t names, int64_t steps,
           double *losses) {
    static double g[PARAMETERS], m[PARAMETERS], v[PARAMETERS];
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    double left1 = 1.0, left2 = 1.0;
    for (int64_t step = 0; step < steps; step++) {
        int64_t name = order[step % names];
        losses[step] = gradient(lengths[name], tokens + name * CONTEXT, targets + name * CONTEXT, p, g);
        left1 *= beta1;
        left2 *= beta2;
        double lr = rate * (1.0 - (double)(step % falling) / falling) / (1.0 - left1), square = 1.0 / (1.0 - left2);
        for (int i = 0; i < PARAMETERS; i++) {
            m[i] = beta1 * m[i] + (1.0 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] * g[i];
            p[i] -= lr * m[i] / (sqrt(square * v[i]) + epsilon);
        }
    }
}
