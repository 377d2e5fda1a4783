// Pictures (N, H, W, C) in groups of V channels, which a thread loads and stores at once.

#include "_common.cuh"

using Group = Pack<T, V>;

// Where a group lies: picture n, its row and column, and the number of its first channel.
struct Spot {
    Index n;
    int row, column, channel;
};

template <int height, int width, int channels, typename Number>
__device__ inline Spot spot_by(Number group) {
    constexpr int groups = channels / V;
    Number pixel = group / groups, line = pixel / width;
    return {(Index)(line / height), (int)(line % height), (int)(pixel % width), (int)(group % groups) * V};
}

template <int height, int width, int channels>
__device__ inline Spot spot_of(Index group) {
    bool is_small = group <= 0xFFFFFFFF;  // then division is quick
    return is_small ? spot_by<height, width, channels>((unsigned)group) : spot_by<height, width, channels>(group);
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
    A totals[V] = {};
    if (accumulate) widen(pack_at(place, 0), totals);
#pragma unroll
    for (int v = 0; v < V; ++v) totals[v] = accumulate ? totals[v] + sums[v] : sums[v];
    pack_at(place, 0) = narrowed(totals);
}

// The same for gradients: where a gate is given, the output of a ReLU, they pass where it is open.
__device__ inline void put_gated(T* dx, Index index, A (&sums)[V], bool accumulate, const T* gate) {
    if (gate) {
        A outputs[V];
        widen(pack_at(gate, index), outputs);
#pragma unroll
        for (int v = 0; v < V; ++v)
            if (!(outputs[v] > 0)) sums[v] = 0;
    }
    put_pack(dx + index, sums, accumulate);
}
