// Sums up the shares of a product that was cut along its depth, in their order: out[i] = Σ_s shares[s, i].

#include "_common.cuh"

extern "C" __global__ void sum_shares(const A* shares, A* out, Index count, bool accumulate) {
    FOR_EACH(i, count) {
        A sum = 0;
        for (int share = 0; share < SHARES; ++share) sum += shares[share * count + i];
        put(out + i, sum, accumulate);
    }
}
