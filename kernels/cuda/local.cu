// Local: a product of matrices for each place, whose rows are the images; windows are gathered, not copied.
//
//     forward            y[n, f] = b[f] + Σ_tap patch[n, tap] · w[tap, f]               at each place
//     backward_data      dx[n, c] = Σ_(i, j, f) dy[n, place, f] · w[place, i, j, c, f]   at each pixel
//     backward_weights   dw[tap, f] = Σ_n patch[n, tap] · dy[n, f]                       at each place
//
// Taps are (i, j, c) flattened; the place of a pixel's gradient is the one whose tap (i, j) is that pixel. The
// formula and the shapes are in kernels/cpu/local.py. Groups of channels are products of their own.

#include "_learn.cuh"

constexpr int CHANNELS = C / GROUPS, MAPS = F / GROUPS;  // of a group
constexpr int TAPS = SIZE_H * SIZE_W * CHANNELS;

// The offset in an image of what tap `tap` of a place reads, −1 where that lies outside.
__device__ inline int offset_of(int place, unsigned tap) {
    int row = place / Q * STRIDE_H + (int)(tap / CHANNELS / SIZE_W) - PADDING_H;
    int column = place % Q * STRIDE_W + (int)(tap / CHANNELS % SIZE_W) - PADDING_W;
    bool inside = tap < TAPS && row >= 0 && row < H && column >= 0 && column < W;
    return inside ? (row * W + column) * C + (int)(tap % CHANNELS) : -1;
}

struct Patches {
    static constexpr bool ALONG_K = true, WHOLE = CHANNELS % RUN == 0;
    const T* x;
    Index images;
    int place;
    __device__ const T* anything() const { return x; }
    __device__ const T* line(Index n) const { return n < images ? x + n * (H * W * C) : nullptr; }
    __device__ int step(int tap) const { return offset_of(place, tap); }
    __device__ const T* at(const T* image, int offset) const {
        return image && offset >= 0 ? image + offset : nullptr;
    }
};

// With a further tap for the BIASES, which sees a one in every image.
struct PatchesByTap {
    static constexpr bool ALONG_K = false, WHOLE = CHANNELS % RUN == 0;
    static constexpr int ONE = -2;
    const T* x;
    int place;
    __device__ const T* anything() const { return x; }
    __device__ int line(Index tap) const { return BIASES && tap == TAPS ? ONE : offset_of(place, (unsigned)tap); }
    __device__ Index step(int n) const { return (Index)n * (H * W * C); }
    __device__ const T* at(int offset, Index image) const {
        if (BIASES && offset == ONE) return first_one();
        return offset >= 0 ? x + image + offset : nullptr;
    }
};

struct FiltersByMap {
    static constexpr bool ALONG_K = false, WHOLE = MAPS % RUN == 0;
    const T* weights;  // of the place
    __device__ const T* anything() const { return weights; }
    __device__ const T* line(Index f) const { return f < MAPS ? weights + f : nullptr; }
    __device__ int step(int tap) const { return tap * F; }
    __device__ const T* at(const T* map, int offset) const { return map ? map + offset : nullptr; }
};

// At a pixel, the place whose tap (i, j) is the pixel, or −1.
__device__ inline int place_of(int pixel, int tap) {
    int down = pixel / W + PADDING_H - tap / SIZE_W, across = pixel % W + PADDING_W - tap % SIZE_W;
    bool hit = down >= 0 && across >= 0 && down % STRIDE_H == 0 && across % STRIDE_W == 0;
    int p = down / STRIDE_H, q = across / STRIDE_W;
    return hit && p < P && q < Q ? p * Q + q : -1;
}

// What column k, which is (i, j, f), is at a pixel: its place, −1 where there is none, its tap and its map.
struct Column {
    int place, tap, map;
};

__device__ inline Column column_of(int pixel, int k) {
    return {place_of(pixel, k / MAPS), k / MAPS, k % MAPS};
}

struct GradientsOfPixel {
    static constexpr bool ALONG_K = true, WHOLE = MAPS % RUN == 0;
    const T* dy;
    Index images;
    int pixel;
    __device__ const T* anything() const { return dy; }
    __device__ const T* line(Index n) const { return n < images ? dy + n * (P * Q * F) : nullptr; }
    __device__ Column step(int k) const { return column_of(pixel, k); }
    __device__ const T* at(const T* image, const Column& column) const {
        return image && column.place >= 0 ? image + (column.place * F + column.map) : nullptr;
    }
};

struct FiltersOfPixel {
    static constexpr bool ALONG_K = true, WHOLE = MAPS % RUN == 0;
    const T* weights;
    int pixel;
    __device__ const T* anything() const { return weights; }
    __device__ const T* line(Index c) const { return c < CHANNELS ? weights + c * F : nullptr; }
    __device__ Column step(int k) const { return column_of(pixel, k); }
    __device__ const T* at(const T* channel, const Column& column) const {
        if (!channel || column.place < 0) return nullptr;
        return channel + ((Index)column.place * TAPS + column.tap * CHANNELS) * F + column.map;
    }
};

struct GradientsByMap {
    static constexpr bool ALONG_K = false, WHOLE = MAPS % RUN == 0;
    const T* dy;  // of the place
    __device__ const T* anything() const { return dy; }
    __device__ const T* line(Index f) const { return f < MAPS ? dy + f : nullptr; }
    __device__ Index step(int n) const { return (Index)n * (P * Q * F); }
    __device__ const T* at(const T* map, Index offset) const { return map ? map + offset : nullptr; }
};

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    forward(const T* x, const T* weights, const T* biases, T* y, Index images, bool accumulate) {
    Tile tile = tile_of(images, MAPS);
    int place = tile.batch / GROUPS, group = tile.batch % GROUPS, first_map = place * F + group * MAPS;
    Patches patches = {x + group * CHANNELS, images, place};
    FiltersByMap filters = {weights + (Index)place * TAPS * F + group * MAPS};
    product(tile, patches, filters, {0, TAPS}, [=](Index n, Index f, A(&sums)[RUN]) {
        if (n < images) finish<MAPS>(y + n * (P * Q * F) + first_map, f, biases + first_map, sums, accumulate);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_data(const T* dy, const T* weights, T* dx, const T* gate, Index images, bool accumulate) {
    Tile tile = tile_of(images, CHANNELS);
    int pixel = tile.batch / GROUPS, group = tile.batch % GROUPS;
    GradientsOfPixel gradients = {dy + group * MAPS, images, pixel};
    FiltersOfPixel filters = {weights + group * MAPS, pixel};
    product(tile, gradients, filters, {0, SIZE_H * SIZE_W * MAPS}, [=](Index n, Index c, A(&sums)[RUN]) {
        Index first = n * (H * W * C) + pixel * C + group * CHANNELS;
        if (n < images) put_gated<CHANNELS>(dx + first, c, sums, accumulate, gate + first);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_weights(const T* x, const T* dy, A* dweights, A* dbiases, Index images, bool accumulate) {
    Tile tile = tile_of(TAPS + (BIASES > 0), MAPS);
    int place = tile.batch / GROUPS, group = tile.batch % GROUPS;
    PatchesByTap patches = {x + group * CHANNELS, place};
    GradientsByMap gradients = {dy + place * F + group * MAPS};
    A* filters = dweights + (Index)place * TAPS * F + group * MAPS;
    product(tile, patches, gradients, {0, (int)images}, [=](Index tap, Index f, A(&sums)[RUN]) {
        if (tap < TAPS) put_run<MAPS>(filters + tap * F, f, sums, accumulate);
        if (BIASES && tap == TAPS) put_run<MAPS>(dbiases + place * F + group * MAPS, f, sums, accumulate);
    });
}

// backward_weights whose result goes straight into the update of the weights.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    learn(const T* x, const T* dy, A* weights, A* velocity, T* copy, A* dbiases, const Index* counters,
          const double* settings, Index images) {
    if (!updates(counters)) return;
    Tile tile = tile_of(TAPS + (BIASES > 0), MAPS);
    int place = tile.batch / GROUPS, group = tile.batch % GROUPS, first_map = place * F + group * MAPS;
    Learned<MAPS> learned(weights, velocity, copy, (Index)place * TAPS * F + group * MAPS, settings);
    for_weights(tile, [&](int number, Index tap, Index f) {
        if (tap < TAPS && f < MAPS) learned.load(number, tap * F, f);
    });
    PatchesByTap patches = {x + group * CHANNELS, place};
    GradientsByMap gradients = {dy + first_map};
    gradients_of(tile, patches, gradients, {0, (int)images}, [&](int number, Index tap, Index f, A(&sums)[WEIGHTS]) {
        if (f >= MAPS) return;
        if (tap < TAPS) learned.advance(number, tap * F, f, sums);
        if (BIASES && tap == TAPS)
#pragma unroll
            for (int j = 0; j < WEIGHTS; ++j)
                if (f + j < MAPS) dbiases[first_map + f + j] = sums[j];
    });
}
