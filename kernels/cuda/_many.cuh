// Several arrays of float sums that one launch works on, in chunks: blocks take chunks, and a thread V elements.
//
// Array `a` has SIZES[a] elements, and the chunks from ENDS[a − 1] to before ENDS[a]. Its address is so many bytes
// from that of the first array of weights: an array of what belongs to weights is told by such offsets.

#include "_some.cuh"

constexpr int V = 16 / sizeof(A), ROUNDS = 2, BLOCK = 256, CHUNK = BLOCK * V * ROUNDS;

__constant__ const Index SIZES_OF[] = SIZES, ENDS_OF[] = ENDS;

using Values = Pack<A, V>;

// Calls work(array, first, count) for each V elements, fewer at the end of an array, that are this thread's.
template <typename Work>
__device__ inline void for_all_arrays(Work work) {
    for (Index chunk = blockIdx.x; chunk < ENDS_OF[ARRAYS - 1]; chunk += gridDim.x) {
        int array = 0;
        while (chunk >= ENDS_OF[array]) ++array;
        Index begin = (chunk - (array ? ENDS_OF[array - 1] : 0)) * CHUNK;
#pragma unroll
        for (int round = 0; round < ROUNDS; ++round) {
            Index first = begin + (round * BLOCK + threadIdx.x) * V;
            if (first < SIZES_OF[array]) work(array, first, (int)min((Index)V, SIZES_OF[array] - first));
        }
    }
}
