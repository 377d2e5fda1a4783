// Local: a product of matrices for each place, whose rows are the images; windows are gathered, not copied.
//
//     forward            y[n, f] = b[f] + Σ_tap patch[n, tap] · w[tap, f]               at each place
//     backward_data      dx[n, c] = Σ_(i, j, f) dy[n, place, f] · w[place, i, j, c, f]   at each pixel
//     backward_weights   dw[tap, f] = Σ_n patch[n, tap] · dy[n, f]                       at each place
//
// Taps are (i, j, c) flattened; the place of a pixel's gradient is the one whose tap (i, j) is that pixel. The
// formula and the shapes are in kernels/cpu/local.py. Groups of channels are products of their own.

#include "_product.cuh"

constexpr int CHANNELS = C / GROUPS, MAPS = F / GROUPS;  // of a group
constexpr int TAPS = SIZE_H * SIZE_W * CHANNELS;

// The element of x that tap `tap` of a place reads in image n.
__device__ inline const T* seen(const T* x, Index images, int place, int group, Index n, Index tap) {
    if (n >= images || tap >= TAPS) return nullptr;
    int c = (int)tap % CHANNELS, j = (int)tap / CHANNELS % SIZE_W, i = (int)tap / (CHANNELS * SIZE_W);
    int row = place / Q * STRIDE_H + i - PADDING_H, column = place % Q * STRIDE_W + j - PADDING_W;
    if (row < 0 || row >= H || column < 0 || column >= W) return nullptr;
    return x + ((n * H + row) * W + column) * C + group * CHANNELS + c;
}

struct Patches {
    static constexpr bool ALONG_K = true;
    const T* x;
    Index images;
    int place, group;
    __device__ const T* at(Index n, Index tap) const { return seen(x, images, place, group, n, tap); }
};

struct PatchesByTap {
    static constexpr bool ALONG_K = false;
    const T* x;
    Index images;
    int place, group;
    __device__ const T* at(Index tap, Index n) const { return seen(x, images, place, group, n, tap); }
};

struct FiltersByMap {
    static constexpr bool ALONG_K = false;
    const T* weights;  // of the place
    int group;
    __device__ const T* at(Index f, Index tap) const {
        return f < MAPS ? weights + tap * F + group * MAPS + f : nullptr;
    }
};

// At a pixel, k = (i, j, f): the place whose tap (i, j) is the pixel, or −1.
__device__ inline int place_of(int pixel, int tap) {
    int down = pixel / W + PADDING_H - tap / SIZE_W, across = pixel % W + PADDING_W - tap % SIZE_W;
    bool seen = down >= 0 && across >= 0 && down % STRIDE_H == 0 && across % STRIDE_W == 0;
    int p = down / STRIDE_H, q = across / STRIDE_W;
    return seen && p < P && q < Q ? p * Q + q : -1;
}

struct GradientsOfPixel {
    static constexpr bool ALONG_K = true;
    const T* dy;
    Index images;
    int pixel, group;
    __device__ const T* at(Index n, Index k) const {
        int place = place_of(pixel, (int)k / MAPS);
        if (n >= images || place < 0) return nullptr;
        return dy + (n * (P * Q) + place) * F + group * MAPS + k % MAPS;
    }
};

struct FiltersOfPixel {
    static constexpr bool ALONG_K = true;
    const T* weights;
    int pixel, group;
    __device__ const T* at(Index c, Index k) const {
        int tap = (int)k / MAPS, place = place_of(pixel, tap);
        if (c >= CHANNELS || place < 0) return nullptr;
        return weights + ((Index)place * TAPS + tap * CHANNELS + c) * F + group * MAPS + k % MAPS;
    }
};

struct GradientsByMap {
    static constexpr bool ALONG_K = false;
    const T* dy;
    int place, group;
    __device__ const T* at(Index f, Index n) const {
        return f < MAPS ? dy + (n * (P * Q) + place) * F + group * MAPS + f : nullptr;
    }
};

extern "C" __global__ void forward(const T* x, const T* weights, const T* biases, T* y, Index images,
                                   bool accumulate) {
    Tile tile = tile_of(images, MAPS);
    int place = tile.batch / GROUPS, group = tile.batch % GROUPS;
    const T* filters = weights + (Index)place * TAPS * F;
    product(tile, Patches{x, images, place, group}, FiltersByMap{filters, group}, {0, TAPS},
            [=](Index n, Index f, A sum) {
                if (n >= images || f >= MAPS) return;
                Index map = place * F + group * MAPS + f;
                if (BIASES) sum += wide(biases[map]);
                T* output = y + n * (P * Q * F) + map;
                if (accumulate) sum += wide(*output);
                *output = narrow<T>(RELU && sum < 0 ? A(0) : sum);
            });
}

extern "C" __global__ void backward_data(const T* dy, const T* weights, T* dx, Index images, bool accumulate) {
    Tile tile = tile_of(images, CHANNELS);
    int pixel = tile.batch / GROUPS, group = tile.batch % GROUPS;
    product(tile, GradientsOfPixel{dy, images, pixel, group}, FiltersOfPixel{weights, pixel, group},
            {0, SIZE_H * SIZE_W * MAPS}, [=](Index n, Index c, A sum) {
                T* output = dx + (n * (H * W) + pixel) * C + group * CHANNELS + c;
                if (n < images && c < CHANNELS) put(output, sum, accumulate);
            });
}

extern "C" __global__ void backward_weights(const T* x, const T* dy, A* dweights, Index images, bool accumulate) {
    Tile tile = tile_of(TAPS, MAPS);
    int place = tile.batch / GROUPS, group = tile.batch % GROUPS;
    product(tile, PatchesByTap{x, images, place, group}, GradientsByMap{dy, place, group}, {0, images},
            [=](Index tap, Index f, A sum) {
                A* output = dweights + ((Index)place * TAPS + tap) * F + group * MAPS + f;
                if (tap < TAPS && f < MAPS) put(output, sum, accumulate);
            });
}
