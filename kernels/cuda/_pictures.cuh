// Pictures (N, H, W, C) in groups of V channels, which a thread loads and stores at once.

#include "_common.cuh"

using Group = Pack<T, V>;

// Where a group lies: picture n, its row and column, and the number of its first channel.
struct Spot {
    Index n;
    int row, column, channel;
};

template <int height, int width, int channels>
__device__ inline Spot spot_of(Index group) {
    constexpr int groups = channels / V;
    Index pixel = group / groups;
    Index line = pixel / width;
    return {line / height, (int)(line % height), (int)(pixel % width), (int)(group % groups) * V};
}

template <int height, int width, int channels>
__device__ inline Index index_of(Index n, int row, int column, int channel) {
    return ((n * height + row) * width + column) * channels + channel;
}

template <typename Values>
__device__ inline const Pack<Values, V>& pack_at(const Values* values, Index index) {
    return *reinterpret_cast<const Pack<Values, V>*>(values + index);
}

template <typename Values>
__device__ inline Pack<Values, V>& pack_at(Values* values, Index index) {
    return *reinterpret_cast<Pack<Values, V>*>(values + index);
}

// Writes sums as T, or adds them to what is there.
__device__ inline void put_pack(T* place, const A (&sums)[V], bool accumulate) {
    Group& group = pack_at(place, 0);
    Group result = accumulate ? group : Group();
#pragma unroll
    for (int v = 0; v < V; ++v) put(&result.values[v], sums[v], accumulate);
    group = result;
}
