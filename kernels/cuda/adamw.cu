// AdamW, of several arrays of weights at once.
//
//     m ← m + (1 − momentum) · (gradient − m),    s ← s + (1 − second) · (gradient² − s)
//     w ← w − rate · decay · w − rate · m̂ / (√ŝ + epsilon)
//
// with m̂ = m / (1 − momentum^t) and ŝ = s / (1 − second^t) in step t, counted from 1.
//
// Source: Loshchilov and Hutter 2019, 'Decoupled weight decay regularization', algorithm 2.
// Row SLOTS[a] of the settings is that of array `a`. If there are COPIES, they get the new weights as T.

#include "_many.cuh"

__constant__ const Index WEIGHTS_OF[] = WEIGHTS, GRADIENTS_OF[] = GRADIENTS, MEANS_OF[] = MEANS;
__constant__ const Index SQUARES_OF[] = SQUARES, COPIES_OF[] = COPIES, SLOTS_OF[] = SLOTS;

extern "C" __global__ void __launch_bounds__(BLOCK, 4) update(char* base, const Index* counters, const double* settings, double second,
                                  double epsilon) {
    if (!updates(counters)) return;
    double number = counters[control::STEP] + 1;
    A whole = 1 - pow(second, number), fresh_square = 1 - second;
    for_all_arrays([=](int array, Index first, int count) {
        const double* row = settings + SLOTS_OF[array] * control::SETTINGS;
        double momentum = row[control::MOMENTUM];
        A step = row[control::RATE] / (1 - pow(momentum, number)), fresh = 1 - momentum;
        A shrink = row[control::RATE] * row[control::DECAY];
        A* weights = (A*)(base + WEIGHTS_OF[array]) + first;
        A* means = (A*)(base + MEANS_OF[array]) + first;
        A* squares = (A*)(base + SQUARES_OF[array]) + first;
        Values w = load_some<V>(weights, count), m = load_some<V>(means, count), s = load_some<V>(squares, count);
        Values g = load_some<V>((const A*)(base + GRADIENTS_OF[array]) + first, count);
        Pack<T, V> stored;
#pragma unroll
        for (int j = 0; j < V; ++j) {
            m.values[j] += fresh * (g.values[j] - m.values[j]);
            s.values[j] += fresh_square * (g.values[j] * g.values[j] - s.values[j]);
            w.values[j] -= shrink * w.values[j] + step * m.values[j] / (sqrt(s.values[j] / whole) + A(epsilon));
            stored.values[j] = narrow<T>(w.values[j]);
        }
        store_some<V>(weights, w, count);
        store_some<V>(means, m, count);
        store_some<V>(squares, s, count);
        if (HAS_COPIES) store_some<V>((T*)(base + COPIES_OF[array]) + first, stored, count);
    });
}
