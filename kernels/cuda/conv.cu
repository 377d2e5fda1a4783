// Convolution as products of matrices whose rows are gathered windows (implicit GEMM).
//
//     forward            y[place, f] = b[f] + Σ_tap patch[place, tap] · w[f, tap]
//     backward_data      dx[pixel, c] = Σ_(i, j, f) dy[the place whose tap (i, j) is the pixel, f] · w[f, i, j, c]
//     backward_weights   dw[f, tap] = Σ_place dy[place, f] · patch[place, tap]
//
// Places are (n, p, q) and taps (i, j, c) flattened. The formula and the shapes are in kernels/cpu/conv.py.
// Groups of channels are products of their own; backward_weights cuts each along the places into SHARES.

#include "_product.cuh"
#include "_sum_shares.cuh"

constexpr int CHANNELS = C / GROUPS, MAPS = F / GROUPS;  // of a group
constexpr int TAPS = SIZE_H * SIZE_W * CHANNELS;

// The element of x that tap `tap` of a place reads.
__device__ inline const T* seen(const T* x, Index places, int group, Index place, Index tap) {
    if (place >= places || tap >= TAPS) return nullptr;
    int c = (int)tap % CHANNELS, j = (int)tap / CHANNELS % SIZE_W, i = (int)tap / (CHANNELS * SIZE_W);
    int row = (int)(place / Q % P) * STRIDE_H + i * DILATION_H - PADDING_H;
    int column = (int)(place % Q) * STRIDE_W + j * DILATION_W - PADDING_W;
    if (row < 0 || row >= H || column < 0 || column >= W) return nullptr;
    return x + ((place / (P * Q) * H + row) * W + column) * C + group * CHANNELS + c;
}

struct Patches {
    static constexpr bool ALONG_K = true;
    const T* x;
    Index places;
    int group;
    __device__ const T* at(Index place, Index tap) const { return seen(x, places, group, place, tap); }
};

struct PatchesByTap {
    static constexpr bool ALONG_K = false;
    const T* x;
    Index places;
    int group;
    __device__ const T* at(Index tap, Index place) const { return seen(x, places, group, place, tap); }
};

struct Filters {
    static constexpr bool ALONG_K = true;
    const T* weights;
    int group;
    __device__ const T* at(Index f, Index tap) const {
        return f < MAPS ? weights + (group * MAPS + f) * TAPS + tap : nullptr;
    }
};

struct FiltersByChannel {
    static constexpr bool ALONG_K = false;
    const T* weights;
    int group;
    __device__ const T* at(Index c, Index k) const {
        Index f = k % MAPS, tap = k / MAPS;
        return c < CHANNELS ? weights + (group * MAPS + f) * TAPS + tap * CHANNELS + c : nullptr;
    }
};

struct GradientsByPixel {
    static constexpr bool ALONG_K = true;
    const T* dy;
    Index pixels;
    int group;
    __device__ const T* at(Index pixel, Index k) const {
        int f = (int)k % MAPS, j = (int)k / MAPS % SIZE_W, i = (int)k / (MAPS * SIZE_W);
        int down = (int)(pixel / W % H) + PADDING_H - i * DILATION_H;
        int across = (int)(pixel % W) + PADDING_W - j * DILATION_W;
        bool seen = down >= 0 && across >= 0 && down % STRIDE_H == 0 && across % STRIDE_W == 0;
        int p = down / STRIDE_H, q = across / STRIDE_W;
        if (pixel >= pixels || !seen || p >= P || q >= Q) return nullptr;
        return dy + ((pixel / (H * W) * P + p) * Q + q) * F + group * MAPS + f;
    }
};

struct GradientsByMap {
    static constexpr bool ALONG_K = false;
    const T* dy;
    int group;
    __device__ const T* at(Index f, Index place) const {
        return f < MAPS ? dy + place * F + group * MAPS + f : nullptr;
    }
};

extern "C" __global__ void forward(const T* x, const T* weights, const T* biases, T* y, Index places,
                                   bool accumulate) {
    Tile tile = tile_of(places, MAPS);
    int group = tile.batch;
    product(tile, Patches{x, places, group}, Filters{weights, group}, {0, TAPS}, [=](Index place, Index f, A sum) {
        if (place >= places || f >= MAPS) return;
        Index map = group * MAPS + f;
        if (BIASES) sum += wide(biases[BIASES == F ? map : place % (P * Q) * F + map]);
        T* output = y + place * F + map;
        if (accumulate) sum += wide(*output);
        *output = narrow<T>(RELU && sum < 0 ? A(0) : sum);
    });
}

extern "C" __global__ void backward_data(const T* dy, const T* weights, T* dx, Index pixels, bool accumulate) {
    Tile tile = tile_of(pixels, CHANNELS);
    int group = tile.batch;
    Part whole = {0, SIZE_H * SIZE_W * MAPS};
    product(tile, GradientsByPixel{dy, pixels, group}, FiltersByChannel{weights, group}, whole,
            [=](Index pixel, Index c, A sum) {
                if (pixel < pixels && c < CHANNELS) put(dx + pixel * C + group * CHANNELS + c, sum, accumulate);
            });
}

extern "C" __global__ void backward_weights(const T* x, const T* dy, A* shares, Index places) {
    Tile tile = tile_of(MAPS, TAPS);
    int group = tile.batch % GROUPS, share = tile.batch / GROUPS;
    A* sums = shares + (Index)share * F * TAPS;
    product(tile, GradientsByMap{dy, group}, PatchesByTap{x, places, group}, share_of(places, share),
            [=](Index f, Index tap, A sum) {
                if (f < MAPS && tap < TAPS) sums[(group * MAPS + f) * TAPS + tap] = sum;
            });
}
