// Pictures and filters of a convolution with stride S_H × S_W, packed for stride 1: blocks of pixels are channels.
//
//     packed[n, row, column, (i, j, c)] = x[n, row·S_H + i − PADDING_H, column·S_W + j − PADDING_W, c]
//
// and alike for filters, without padding; zero outside, and for channels after the last block's.
//
// x (N, H, W, C) or filters; packed (N, P, Q, D). A thread has RUN of the D channels, or one gradient.

#include "_common.cuh"

constexpr int RUN = sizeof(T) == 2 ? 8 : 4;

extern "C" __global__ void pack(const T* x, T* packed, Index runs) {
    FOR_EACH(i, runs) {
        unsigned first = (unsigned)(i % (D / RUN)) * RUN;
        Index pixel = i / (D / RUN), n = pixel / (P * Q);
        int top = (int)(pixel / Q % P) * S_H - PADDING_H, left = (int)(pixel % Q) * S_W - PADDING_W;
        Pack<T, RUN> values;
#pragma unroll
        for (int v = 0; v < RUN; ++v) {
            unsigned d = first + v, c = d % C, j = d / C % S_W, block = d / (C * S_W);
            int row = top + (int)block, column = left + (int)j;
            bool inside = block < S_H && row >= 0 && row < H && column >= 0 && column < W;
            values.values[v] = inside ? x[((n * H + row) * W + column) * C + c] : narrow<T>(A(0));
        }
        reinterpret_cast<Pack<T, RUN>*>(packed)[i] = values;
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
