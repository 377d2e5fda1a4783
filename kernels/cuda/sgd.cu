// Stochastic gradient descent with momentum and weight decay, of several arrays of weights at once.
//
//     v ← momentum · v − decay · rate · w − rate · gradient,    w ← w + v
//
// Source: cuda-convnet, Weights::update.
// Row SLOTS[a] of the settings is that of array `a`. If there are COPIES, they get the new weights as T.

#include "_many.cuh"

__constant__ const Index WEIGHTS_OF[] = WEIGHTS, GRADIENTS_OF[] = GRADIENTS, VELOCITIES_OF[] = VELOCITIES;
__constant__ const Index COPIES_OF[] = COPIES, SLOTS_OF[] = SLOTS;

extern "C" __global__ void __launch_bounds__(BLOCK, 2048 / BLOCK) update(char* base, const Index* counters, const double* settings) {
    if (!updates(counters)) return;
    for_all_arrays([=](int array, Index first, int count) {
        const double* row = settings + SLOTS_OF[array] * control::SETTINGS;
        A rate = row[control::RATE], momentum = row[control::MOMENTUM], decay = row[control::DECAY];
        A* weights = (A*)(base + WEIGHTS_OF[array]) + first;
        A* velocity = (A*)(base + VELOCITIES_OF[array]) + first;
        Values w = load_some(weights, count), v = load_some(velocity, count);
        Values g = load_some((const A*)(base + GRADIENTS_OF[array]) + first, count);
        Pack<T, V> stored;
#pragma unroll
        for (int j = 0; j < V; ++j) {
            v.values[j] = momentum * v.values[j] - (decay * rate * w.values[j] + rate * g.values[j]);
            w.values[j] += v.values[j];
            stored.values[j] = narrow<T>(w.values[j]);
        }
        store_some(weights, w, count);
        store_some(velocity, v, count);
        if (HAS_COPIES) store_some((T*)(base + COPIES_OF[array]) + first, stored, count);
    });
}
