// Stochastic gradient descent with momentum and weight decay.
//
//     v ← momentum · v − decay · rate · w − rate · gradient,    w ← w + v
//
// Source: cuda-convnet, Weights::update.
// A thread has V weights at once. `copy` gets the new weights as T, where that is another type.

#include "_common.cuh"

using Weights = Pack<A, V>;

extern "C" __global__ void update(A* weights, const A* gradient, A* velocity, T* copy, const Index* counters,
                                  const double* settings, Index slot, Index groups) {
    if (!updates(counters)) return;
    const double* row = settings + slot * control::SETTINGS;
    A rate = row[control::RATE], momentum = row[control::MOMENTUM], decay = row[control::DECAY];
    FOR_EACH(i, groups) {
        Weights w = reinterpret_cast<Weights*>(weights)[i], v = reinterpret_cast<Weights*>(velocity)[i];
        Weights g = reinterpret_cast<const Weights*>(gradient)[i];
        Pack<T, V> stored;
#pragma unroll
        for (int j = 0; j < V; ++j) {
            v.values[j] = momentum * v.values[j] - (decay * rate * w.values[j] + rate * g.values[j]);
            w.values[j] += v.values[j];
            stored.values[j] = narrow<T>(w.values[j]);
        }
        reinterpret_cast<Weights*>(weights)[i] = w;
        reinterpret_cast<Weights*>(velocity)[i] = v;
        if (copy) reinterpret_cast<Pack<T, V>*>(copy)[i] = stored;
    }
}
