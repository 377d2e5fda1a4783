// Sums up the shares of a product that was cut along its depth, in their order. Each share, PITCH apart from the
// next, holds COUNT values for `out`, and then those for `rest`: gradients of filters, and of biases.

#include "_common.cuh"

extern "C" __global__ void sum_shares(const A* shares, A* out, A* rest, Index size, bool accumulate) {
    FOR_EACH(i, size) {
        A sum = 0;
#pragma unroll 8
        for (int share = 0; share < SHARES; ++share) sum += shares[(Index)share * PITCH + i];
        put(i < COUNT ? out + i : rest + (i - COUNT), sum, accumulate);
    }
}
