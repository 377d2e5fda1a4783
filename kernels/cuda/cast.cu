// Converts numbers of the type SOURCE to T, or adds them. A thread has every grid-th value.

#include "_common.cuh"

extern "C" __global__ void forward(const SOURCE* x, T* y, Index count, bool accumulate) {
    FOR_EACH(i, count) put(y + i, wide(x[i]), accumulate);
}
