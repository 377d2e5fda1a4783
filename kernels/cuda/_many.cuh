// Several arrays of float sums that one launch works on, in chunks: blocks take chunks, and a thread V elements.
//
// Array `a` has SIZES[a] elements, and the chunks from ENDS[a − 1] to before ENDS[a]. Its address is so many bytes
// from that of the first array of weights: an array of what belongs to weights is told by such offsets.

#include "_common.cuh"

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

// Loads some values of an array, or stores them: all V at once where there are so many.
template <typename Value>
__device__ inline Pack<Value, V> load_some(const Value* from, int count) {
    if (count == V) return *reinterpret_cast<const Pack<Value, V>*>(from);
    Pack<Value, V> values = {};
#pragma unroll
    for (int v = 0; v < V; ++v)
        if (v < count) values.values[v] = from[v];
    return values;
}

template <typename Value>
__device__ inline void store_some(Value* to, const Pack<Value, V>& values, int count) {
    if (count == V) {
        *reinterpret_cast<Pack<Value, V>*>(to) = values;
        return;
    }
#pragma unroll
    for (int v = 0; v < V; ++v)
        if (v < count) to[v] = values.values[v];
}
