// Pictures and filters of a convolution with stride S_H × S_W, packed for stride 1: blocks of pixels are channels.
//
//     packed[n, row, column, (i, j, c)] = x[n, row·S_H + i − PADDING_H, column·S_W + j − PADDING_W, c]
//
// and alike for filters, without padding; zero outside, and for channels after the last block's.
//
// x (N, H, W, C) or filters; packed (N, P, Q, D). A thread has RUN of the D channels, or one gradient.

#include "_common.cuh"

constexpr int RUN = sizeof(T) == 2 ? 8 : 4;

// Writes one run.
template <typename Number>
__device__ inline void pack_run(const T* x, T* packed, Number run) {
    constexpr int RUNS = D / RUN, LINE = S_W * C;  // what one row of a block has
    Number pixel = run / RUNS, line = pixel / Q, n = line / P;
    int top = (int)(line % P) * S_H - PADDING_H, left = (int)(pixel % Q) * S_W - PADDING_W;
    unsigned first = (unsigned)(run % RUNS) * RUN;
    const T* block = x + (((Index)n * H + top) * W + left) * C;
    Pack<T, RUN> values;
#pragma unroll
    for (int v = 0; v < RUN; ++v) {
        unsigned i = (first + v) / LINE, along = (first + v) % LINE;
        int row = top + (int)i, column = left + (int)(along / C);
        bool inside = i < S_H && (unsigned)row < H && (unsigned)column < W;
        values.values[v] = inside ? block[(int)(i * (W * C) + along)] : narrow<T>(A(0));
    }
    reinterpret_cast<Pack<T, RUN>*>(packed)[run] = values;
}

extern "C" __global__ void pack(const T* x, T* packed, Index runs) {
    FOR_EACH(i, runs) {
        if (i <= 0xFFFFFFFF)  // then division is quick
            pack_run(x, packed, (unsigned)i);
        else
            pack_run(x, packed, i);
    }
}

// The gradient of filters (N, H, W, C) from that of packed ones.
extern "C" __global__ void unpack(const A* dpacked, A* dweights, Index count, bool accumulate) {
    FOR_EACH(i, count) {
        int c = (int)(i % C), column = (int)(i / C % W), row = (int)(i / (C * W) % H);
        Index n = i / (C * W * H), pixel = (n * P + row / S_H) * Q + column / S_W;
        put(dweights + i, dpacked[pixel * D + (row % S_H * S_W + column % S_W) * C + c], accumulate);
    }
}
