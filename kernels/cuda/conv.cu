// Convolution as products of matrices whose rows are gathered windows (implicit GEMM).
//
//     forward            y[place, f] = b[f] + Σ_tap patch[place, tap] · w[f, tap]
//     backward_data      dx[pixel, c] = Σ_(i, j, f) dy[the place whose tap (i, j) is the pixel, f] · w[f, i, j, c]
//     backward_weights   dw[f, tap] = Σ_place dy[place, f] · patch[place, tap]
//
// Places are (n, p, q) and taps (i, j, c) flattened. The formula and the shapes are in kernels/cpu/conv.py.
// Groups of channels are products of their own; backward_weights cuts each along the places into SHARES, which
// _shares.cu sums up, and has the gradient of shared biases as well, if BIASES.

#include "_product.cuh"

constexpr int CHANNELS = C / GROUPS, MAPS = F / GROUPS;  // of a group
constexpr int TAPS = SIZE_H * SIZE_W * CHANNELS;

// Where a window, a tap or a pixel lies: its first element, its row and its column; null if there is none.
struct Corner {
    const T* base;
    int row, column;
};

// How far a tap, or a window, lies from another corner; `offset` counts elements.
struct Offset {
    Index offset;
    int row, column;
};

// A quotient, and the remainder.
struct Divided {
    Index quotient;
    unsigned remainder;
};

template <int divisor>
__device__ inline Divided divided(Index number) {
    if (number <= 0xFFFFFFFF)  // then division is quick
        return {(Index)((unsigned)number / divisor), (unsigned)number % divisor};
    return {number / divisor, (unsigned)(number % divisor)};
}

__device__ inline bool inside(int row, int column) { return (unsigned)row < H && (unsigned)column < W; }

__device__ inline Offset offset_of_tap(unsigned tap) {
    int i = tap / CHANNELS / SIZE_W * DILATION_H, j = tap / CHANNELS % SIZE_W * DILATION_W;
    return {(i * W + j) * C + (int)(tap % CHANNELS), i, j};
}

struct Patches {
    static constexpr bool ALONG_K = true, WHOLE = CHANNELS % RUN == 0;
    const T* x;
    Index places;
    __device__ const T* anything() const { return x; }
    __device__ Corner line(Index place) const {
        if (place >= places) return {nullptr, -H - SIZE_H * DILATION_H, 0};
        auto [n, window] = divided<P * Q>(place);
        int row = (int)(window / Q) * STRIDE_H - PADDING_H, column = (int)(window % Q) * STRIDE_W - PADDING_W;
        return {x + n * (H * W * C) + (row * W + column) * C, row, column};
    }
    __device__ Offset step(int tap) const { return offset_of_tap((unsigned)tap); }
    __device__ const T* at(const Corner& place, const Offset& tap) const {
        return inside(place.row + tap.row, place.column + tap.column) ? place.base + tap.offset : nullptr;
    }
};

// With a further tap for the BIASES, which sees a one everywhere.
struct PatchesByTap {
    static constexpr bool ALONG_K = false, WHOLE = CHANNELS % RUN == 0;
    const T* x;
    __device__ const T* anything() const { return x; }
    __device__ Corner line(Index tap) const {
        if (tap >= TAPS) return {BIASES && tap == TAPS ? first_one() : nullptr, -1, 0};
        Offset offset = offset_of_tap((unsigned)tap);
        return {x + offset.offset, offset.row, offset.column};
    }
    __device__ Offset step(int place) const {
        unsigned window = (unsigned)place % (P * Q), n = (unsigned)place / (P * Q);
        int row = (int)(window / Q) * STRIDE_H - PADDING_H, column = (int)(window % Q) * STRIDE_W - PADDING_W;
        return {(Index)n * (H * W * C) + (row * W + column) * C, row, column};
    }
    __device__ const T* at(const Corner& tap, const Offset& place) const {
        if (tap.row < 0) return tap.base;
        return inside(place.row + tap.row, place.column + tap.column) ? tap.base + place.offset : nullptr;
    }
};

struct Filters {
    static constexpr bool ALONG_K = true, WHOLE = TAPS % RUN == 0;
    const T* weights;
    __device__ const T* anything() const { return weights; }
    __device__ const T* line(Index f) const { return f < MAPS ? weights + f * TAPS : nullptr; }
    __device__ int step(int tap) const { return tap; }
    __device__ const T* at(const T* filter, int tap) const { return filter ? filter + tap : nullptr; }
};

struct FiltersByChannel {
    static constexpr bool ALONG_K = false, WHOLE = CHANNELS % RUN == 0;
    const T* weights;
    __device__ const T* anything() const { return weights; }
    __device__ const T* line(Index c) const { return c < CHANNELS ? weights + c : nullptr; }
    __device__ Index step(int k) const { return (Index)(k % MAPS) * TAPS + k / MAPS * CHANNELS; }
    __device__ const T* at(const T* channel, Index offset) const { return channel ? channel + offset : nullptr; }
};

// The column k is (i, j, f).
struct GradientsByPixel {
    static constexpr bool ALONG_K = true, WHOLE = MAPS % RUN == 0;
    const T* dy;
    Index pixels;
    __device__ const T* anything() const { return dy; }
    __device__ Corner line(Index pixel) const {
        if (pixel >= pixels) return {nullptr, -1, 0};
        auto [n, spot] = divided<H * W>(pixel);
        return {dy + n * (P * Q * F), (int)(spot / W) + PADDING_H, (int)(spot % W) + PADDING_W};
    }
    __device__ Offset step(int k) const {
        unsigned tap = (unsigned)k / MAPS;
        return {k % MAPS, (int)(tap / SIZE_W) * DILATION_H, (int)(tap % SIZE_W) * DILATION_W};
    }
    __device__ const T* at(const Corner& pixel, const Offset& tap) const {
        int down = pixel.row - tap.row, across = pixel.column - tap.column;
        unsigned p = (unsigned)down / STRIDE_H, q = (unsigned)across / STRIDE_W;  // huge where negative
        bool hit = p < P && q < Q && p * STRIDE_H == (unsigned)down && q * STRIDE_W == (unsigned)across;
        return hit ? pixel.base + ((int)(p * Q + q) * F + tap.offset) : nullptr;
    }
};

struct GradientsByMap {
    static constexpr bool ALONG_K = false, WHOLE = MAPS % RUN == 0;
    const T* dy;
    __device__ const T* anything() const { return dy; }
    __device__ const T* line(Index f) const { return f < MAPS ? dy + f : nullptr; }
    __device__ Index step(int place) const { return (Index)place * F; }
    __device__ const T* at(const T* map, Index offset) const { return map ? map + offset : nullptr; }
};

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    forward(const T* x, const T* weights, const T* biases, T* y, Index places, bool accumulate) {
    Tile tile = tile_of(places, MAPS);
    int first_map = tile.batch * MAPS;
    Patches patches = {x + tile.batch * CHANNELS, places};
    Filters filters = {weights + (Index)first_map * TAPS};
    product(tile, patches, filters, {0, TAPS}, [=](Index place, Index f, A(&sums)[RUN]) {
        if (place >= places) return;
        Index own = BIASES == F ? 0 : place % (P * Q) * F;
        T* maps = y + place * F + first_map;
        finish<MAPS>(maps, f, biases + own + first_map, sums, accumulate);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_data(const T* dy, const T* weights, T* dx, const T* gate, Index pixels, bool accumulate) {
    Tile tile = tile_of(pixels, CHANNELS);
    GradientsByPixel gradients = {dy + tile.batch * MAPS, pixels};
    FiltersByChannel filters = {weights + (Index)tile.batch * MAPS * TAPS};
    product(tile, gradients, filters, {0, SIZE_H * SIZE_W * MAPS}, [=](Index pixel, Index c, A(&sums)[RUN]) {
        Index first = pixel * C + tile.batch * CHANNELS;
        if (pixel < pixels) put_gated<CHANNELS>(dx + first, c, sums, accumulate, gate + first);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_weights(const T* x, const T* dy, A* shares, Index places) {
    Tile tile = tile_of(MAPS, TAPS + (BIASES > 0));
    int group = tile.batch % GROUPS, share = tile.batch / GROUPS;
    A* of_filters = shares + (Index)share * PITCH;
    A* of_biases = of_filters + F * TAPS;
    GradientsByMap gradients = {dy + group * MAPS};
    PatchesByTap patches = {x + group * CHANNELS};
    product(tile, gradients, patches, share_of((int)places, share), [=](Index f, Index tap, A(&sums)[RUN]) {
        if (f >= MAPS) return;
        Index map = group * MAPS + f;
        put_run<TAPS>(of_filters + map * TAPS, tap, sums, false);
        if (BIASES && tap <= TAPS && TAPS < tap + RUN) of_biases[map] = sums[TAPS % RUN];
    });
}
