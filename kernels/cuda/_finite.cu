// Marks the step as bad where an array holds what is no finite number; whoever finds one writes the same.
//
// A thread has every grid-th value.

#include "_common.cuh"

extern "C" __global__ void mark(const T* x, Index* counters, Index count) {
    FOR_EACH(i, count)
        if (!isfinite(wide(x[i])) && counters[control::FIRST_BAD_STEP] == control::NO_BAD_STEP)
            counters[control::FIRST_BAD_STEP] = counters[control::STEP];
}
