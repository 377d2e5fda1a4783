// Stochastic gradient descent with momentum and weight decay, of several arrays of weights at once: see _sgd.cuh.
//
// Row SLOTS[a] of the settings is that of array `a`. If there are COPIES, they get the new weights as T.

#include "_many.cuh"
#include "_sgd.cuh"

__constant__ const Index WEIGHTS_OF[] = WEIGHTS, GRADIENTS_OF[] = GRADIENTS, VELOCITIES_OF[] = VELOCITIES;
__constant__ const Index COPIES_OF[] = COPIES, SLOTS_OF[] = SLOTS;

extern "C" __global__ void __launch_bounds__(BLOCK, 2048 / BLOCK) update(char* base, const Index* counters, const double* settings) {
    if (!updates(counters)) return;
    for_all_arrays([=](int array, Index first, int count) {
        Rates rates = rates_of(settings + SLOTS_OF[array] * control::SETTINGS);
        A* weights = (A*)(base + WEIGHTS_OF[array]) + first;
        A* velocity = (A*)(base + VELOCITIES_OF[array]) + first;
        Values w = load_some<V>(weights, count), v = load_some<V>(velocity, count);
        Values g = load_some<V>((const A*)(base + GRADIENTS_OF[array]) + first, count);
        Pack<T, V> stored;
#pragma unroll
        for (int j = 0; j < V; ++j) {
            advance(w.values[j], v.values[j], g.values[j], rates);
            stored.values[j] = narrow<T>(w.values[j]);
        }
        store_some<V>(weights, w, count);
        store_some<V>(velocity, v, count);
        if (HAS_COPIES) store_some<V>((T*)(base + COPIES_OF[array]) + first, stored, count);
    });
}
