// AdamW.
//
//     m ← m + (1 − momentum) · (gradient − m),    s ← s + (1 − second) · (gradient² − s)
//     w ← w − rate · decay · w − rate · m̂ / (√ŝ + epsilon)
//
// with m̂ = m / (1 − momentum^t) and ŝ = s / (1 − second^t) in step t, counted from 1.
//
// Source: Loshchilov and Hutter 2019, 'Decoupled weight decay regularization', algorithm 2.
// A thread has one weight. `copy` gets the new weights as T, where that is another type.

#include "_common.cuh"

extern "C" __global__ void update(A* weights, const A* gradient, A* means, A* squares, T* copy,
                                  const Index* counters, const double* settings, Index slot, double second,
                                  double epsilon, Index count) {
    if (!updates(counters)) return;
    const double* row = settings + slot * control::SETTINGS;
    double number = counters[control::STEP] + 1;
    double momentum = row[control::MOMENTUM];
    A step = row[control::RATE] / (1 - pow(momentum, number)), whole = 1 - pow(second, number);
    A shrink = row[control::RATE] * row[control::DECAY], fresh = 1 - momentum, fresh_square = 1 - second;
    FOR_EACH(i, count) {
        A g = gradient[i], w = weights[i];
        A m = means[i] + fresh * (g - means[i]), s = squares[i] + fresh_square * (g * g - squares[i]);
        w -= shrink * w + step * m / (sqrt(s / whole) + A(epsilon));
        means[i] = m;
        squares[i] = s;
        weights[i] = w;
        if (copy) copy[i] = narrow<T>(w);
    }
}
