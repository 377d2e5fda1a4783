// Sums up the shares of a product that was cut along its depth, in a fixed order. Each share, PITCH apart from the
// next, holds COUNT values for `out`, and then those for `rest`: gradients of filters, and of biases.
//
// TEAM threads have one value, and every TEAMth share each.

#include "_common.cuh"

extern "C" __global__ void sum_up(const A* shares, A* out, A* rest, Index size, bool accumulate) {
    constexpr int VALUES = 256 / TEAM;  // that a block has
    __shared__ A sums[TEAM][VALUES];
    int value = threadIdx.x % VALUES, member = threadIdx.x / VALUES;
    Index i = blockIdx.x * (Index)VALUES + value;
    A sum = 0;
    if (i < size)
#pragma unroll 8
        for (int share = member; share < SHARES; share += TEAM) sum += shares[(Index)share * PITCH + i];
    sums[member][value] = sum;
    __syncthreads();
    if (member || i >= size) return;
    for (int other = 1; other < TEAM; ++other) sum += sums[other][value];
    put(i < COUNT ? out + i : rest + (i - COUNT), sum, accumulate);
}
