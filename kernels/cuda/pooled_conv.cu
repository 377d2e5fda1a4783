// A convolution of few channels, ReLU and max pooling in one, and the gradients of its filters and biases:
//
//     z[n, p, q, f] = max(0, max over window (p, q) of b[f] + Σ_(i, j, c) patch[i, j, c] · w[f, i, j, c])
//     dw[f, i, j, c] = Σ_(n, pixel) dy[n, pixel, f] · patch[i, j, c],    db[f] = Σ_(n, pixel) dy[n, pixel, f]
//
// where dy of a pixel is the sum of dz over the windows that it won. What is what, kernels/cpu/pooled_conv.py says.
//
// A block has the maps' pixels in a rectangle of ROWS × COLUMNS, for MAPS maps; neither they nor dy leave it. A pixel
// sees SIZE_H *lines*: the SIZE_W · C numbers of a row of its patch, which lie together in a picture, a one, and zeros.
// So tensor cores multiply few zeros, and biases are one more column of filters and gradients. Lines lie in shared
// memory in the order of pixels; pixels below one another share some. bfloat16 alone, with float sums: a window's
// largest sum is found before it is rounded.

#include "_tensor.cuh"

constexpr int THREADS = 256, LANES = 32, WARPS = THREADS / LANES, MAPS = 64, CHUNK = 8;
constexpr int USED = SIZE_W * C, LINE = (USED + 16) / 16 * 16, DEPTH = SIZE_H * LINE;  // numbers of a line, of a patch
constexpr int PIXELS = ROWS * COLUMNS, LINES_DOWN = (ROWS - 1) * STRIDE_H + SIZE_H;
// Rows of shared memory that tensor cores load from lie an odd number of chunks of 16 bytes apart: in all banks.
constexpr int PITCH_OF_LINES = LINE + CHUNK, PITCH_OF_FILTERS = DEPTH + CHUNK, PITCH_OF_MAPS = MAPS + CHUNK;
constexpr int LINES = LINES_DOWN * COLUMNS * PITCH_OF_LINES;

extern __shared__ __align__(128) unsigned char MEMORY[];

// A block's rectangle: that of picture n whose first pixel is (top, left) of the maps, which may lie outside.
struct Place {
    Index n;
    int top, left;
};

__device__ inline Place place_of(Index tile, int step_down, int step_across, int extent, int width) {
    int down = (extent + step_down - 1) / step_down, across = (width + step_across - 1) / step_across;
    Index line = tile / across;
    return {line / down, (int)(line % down) * step_down, (int)(tile % across) * step_across};
}

// Writes a line: what `at(k)` tells for its numbers k, a one or what there is in its place, and zeros.
template <typename At>
__device__ inline void put_line(T* line, T one, At at) {
    T values[LINE];
#pragma unroll
    for (int k = 0; k < LINE; ++k) values[k] = k < USED ? at(k) : k == USED ? one : narrow<T>(A(0));
#pragma unroll
    for (int k = 0; k < LINE; k += CHUNK) {
        Pack<T, CHUNK> chunk;
#pragma unroll
        for (int v = 0; v < CHUNK; ++v) chunk.values[v] = values[k + v];
        *reinterpret_cast<Pack<T, CHUNK>*>(line + k) = chunk;
    }
}

__device__ inline void load_lines(const T* x, const Place& place, T* lines) {
    for (int i = threadIdx.x; i < LINES_DOWN * COLUMNS; i += THREADS) {
        int row = place.top * STRIDE_H - PADDING_H + i / COLUMNS;
        int column = (place.left + i % COLUMNS) * STRIDE_W - PADDING_W;
        bool inside = row >= 0 && row < H;
        const T* pixels = x + ((place.n * H + row) * W + column) * C;
        put_line(lines + i * PITCH_OF_LINES, narrow<T>(A(1)), [=](int k) {
            return inside && (unsigned)(column + k / C) < W ? pixels[k] : narrow<T>(A(0));
        });
    }
}

// The lines of row `i` of a pixel's patch. Pixels after the last one are taken for it.
__device__ inline const T* line_of(const T* lines, int pixel, int i) {
    pixel = min(pixel, PIXELS - 1);
    return lines + ((pixel / COLUMNS * STRIDE_H + i) * COLUMNS + pixel % COLUMNS) * PITCH_OF_LINES;
}

// --------------------------------------------------------------------------------------------- forward

__device__ inline void load_filters(const T* weights, const T* biases, int first_map, T* filters) {
    for (int i = threadIdx.x; i < MAPS * SIZE_H; i += THREADS) {
        int map = i / SIZE_H, row = i % SIZE_H;
        bool inside = first_map + map < F;
        const T* filter = weights + ((Index)(first_map + map) * SIZE_H + row) * USED;
        T bias = inside && row == 0 ? biases[first_map + map] : narrow<T>(A(0));
        put_line(filters + map * PITCH_OF_FILTERS + row * LINE, bias,
                 [=](int k) { return inside ? filter[k] : narrow<T>(A(0)); });
    }
}

// Writes the maps' pixels to shared memory, and zeros for those outside, which no ReLU lets through. A warp has 32 maps of
// every 4th 16 pixels.
__device__ inline void multiply_filters(const T* lines, const T* filters, const Place& place, A* maps) {
    constexpr int UNITS = (PIXELS + 63) / 64;
    int lane = threadIdx.x % LANES, warp = threadIdx.x / LANES, side = warp % 2 * 32, first = warp / 2 * 16;
    A sums[UNITS][4][4] = {};
#pragma unroll
    for (int i = 0; i < SIZE_H; ++i)
#pragma unroll
        for (int k = 0; k < LINE; k += 16) {
            unsigned b[2][4];
#pragma unroll
            for (int j = 0; j < 2; ++j)
                tensor::load_4(b[j], filters + (side + j * 16 + lane / 16 * 8 + lane % 8) * PITCH_OF_FILTERS +
                                         i * LINE + k + lane / 8 % 2 * 8);
#pragma unroll
            for (int unit = 0; unit < UNITS; ++unit) {
                unsigned a[4];
                tensor::load_4(a, line_of(lines, first + unit * 64 + lane % 16, i) + k + lane / 16 * 8);
#pragma unroll
                for (int j = 0; j < 4; ++j)
                    tensor::multiply(sums[unit][j], a, b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
            }
        }
#pragma unroll
    for (int unit = 0; unit < UNITS; ++unit)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            int pixel = first + unit * 64 + half * 8 + lane / 4;
            int down = place.top + pixel / COLUMNS, across = place.left + pixel % COLUMNS;
            bool inside = (unsigned)down < P && (unsigned)across < Q;
            A* row = maps + pixel * PITCH_OF_MAPS + side + lane % 4 * 2;
            if (pixel < PIXELS)
#pragma unroll
                for (int j = 0; j < 4; ++j)
                    *reinterpret_cast<float2*>(row + j * 8) =
                        inside ? make_float2(sums[unit][j][half * 2], sums[unit][j][half * 2 + 1]) : float2();
        }
}

// The larger of two numbers, or what is no number: that must not be lost.
__device__ inline A larger(A one, A other) {
    A result;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(one), "f"(other));
    return result;
}

// A thread has V maps of a window.
__device__ inline void pool(const A* maps, const Place& place, int first_map, T* z, int* winners) {
    constexpr int V = 4;
    using Four = Pack<A, V>;
    int first_p = (place.top - POOL_START_H) / POOL_STRIDE_H, first_q = (place.left - POOL_START_W) / POOL_STRIDE_W;
    for (int i = threadIdx.x; i < TILE_H * TILE_W * (MAPS / V); i += THREADS) {
        int map = i % (MAPS / V) * V, p = i / (MAPS / V) / TILE_W, q = i / (MAPS / V) % TILE_W;
        if (first_p + p >= POOLED_H || first_q + q >= POOLED_W || first_map + map >= F) continue;
        const A* window = maps + (p * POOL_STRIDE_H * COLUMNS + q * POOL_STRIDE_W) * PITCH_OF_MAPS + map;
        auto pixel = [=](int bit) {
            return *reinterpret_cast<const Four*>(window + (bit / POOL_W * COLUMNS + bit % POOL_W) * PITCH_OF_MAPS);
        };
        Four largest = {};
#pragma unroll
        for (int bit = 0; bit < POOL_H * POOL_W; ++bit) {
            Four sums = pixel(bit);
#pragma unroll
            for (int v = 0; v < V; ++v) largest.values[v] = larger(largest.values[v], sums.values[v]);
        }
        Pack<int, V> won = {};
#pragma unroll
        for (int bit = 0; bit < POOL_H * POOL_W; ++bit) {
            Four sums = pixel(bit);
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (sums.values[v] == largest.values[v]) won.values[v] |= 1 << bit;
        }
        Pack<T, V> pooled;
#pragma unroll
        for (int v = 0; v < V; ++v) {
            pooled.values[v] = narrow<T>(largest.values[v]);
            if (!(largest.values[v] > 0)) won.values[v] = 0;
        }
        Index at = ((place.n * POOLED_H + first_p + p) * POOLED_W + first_q + q) * F + first_map + map;
        *reinterpret_cast<Pack<T, V>*>(z + at) = pooled;
        *reinterpret_cast<Pack<int, V>*>(winners + at) = won;
    }
}

// A block has TILE_H × TILE_W windows at a time.
extern "C" __global__ void __launch_bounds__(THREADS, 3) forward(const T* x, const T* weights, const T* biases, T* z,
                                                                 int* winners, Index tiles) {
    T* filters = reinterpret_cast<T*>(MEMORY);
    T* lines = filters + MAPS * PITCH_OF_FILTERS;
    A* maps = reinterpret_cast<A*>(lines + LINES);
    int first_map = blockIdx.y * MAPS;
    load_filters(weights, biases, first_map, filters);
    for (Index tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        Place place = place_of(tile, TILE_H, TILE_W, POOLED_H, POOLED_W);  // of windows
        place.top = place.top * POOL_STRIDE_H + POOL_START_H;
        place.left = place.left * POOL_STRIDE_W + POOL_START_W;
        load_lines(x, place, lines);
        __syncthreads();
        multiply_filters(lines, filters, place, maps);
        __syncthreads();
        pool(maps, place, first_map, z, winners);
    }
}

// -------------------------------------------------------------------------------------------- backward

constexpr int PIXELS_UP = (PIXELS + 15) / 16 * 16, PITCH_OF_TOTALS = DEPTH + 4;

// Writes dy of CHUNK maps of a pixel; zeros outside. All windows that may see the pixel are loaded at once.
__device__ inline void gather(const int* winners, const T* dz, const Place& place, int pixel, int map, T* dy) {
    constexpr int SEEN_H = (POOL_H + POOL_STRIDE_H - 1) / POOL_STRIDE_H;
    constexpr int SEEN_W = (POOL_W + POOL_STRIDE_W - 1) / POOL_STRIDE_W;
    int row = place.top + pixel / COLUMNS, column = place.left + pixel % COLUMNS;
    int down = row - POOL_START_H, across = column - POOL_START_W;
    bool inside = pixel < PIXELS && row < P && column < Q && map < F && down >= 0 && across >= 0;
    Pack<int, CHUNK> won[SEEN_H * SEEN_W];
    Pack<T, CHUNK> gradients[SEEN_H * SEEN_W];
    int bits[SEEN_H * SEEN_W];
#pragma unroll
    for (int window = 0; window < SEEN_H * SEEN_W; ++window) {
        int p = down / POOL_STRIDE_H - window / SEEN_W, q = across / POOL_STRIDE_W - window % SEEN_W;
        int i = down - p * POOL_STRIDE_H, j = across - q * POOL_STRIDE_W;
        bool sees = inside && (unsigned)p < POOLED_H && (unsigned)q < POOLED_W && i < POOL_H && j < POOL_W;
        Index at = sees ? ((place.n * POOLED_H + p) * POOLED_W + q) * F + map : 0;
        bits[window] = sees ? 1 << (i * POOL_W + j) : 0;
        won[window] = *reinterpret_cast<const Pack<int, CHUNK>*>(winners + at);
        gradients[window] = *reinterpret_cast<const Pack<T, CHUNK>*>(dz + at);
    }
    A sums[CHUNK] = {};
#pragma unroll
    for (int window = 0; window < SEEN_H * SEEN_W; ++window) {
        A given[CHUNK];
        widen(gradients[window], given);
#pragma unroll
        for (int v = 0; v < CHUNK; ++v)
            if (won[window].values[v] & bits[window]) sums[v] += given[v];
    }
    *reinterpret_cast<Pack<T, CHUNK>*>(dy) = narrowed(sums);
}

// What a warp sums up: 16 maps and all of a patch, of every 2nd 16 pixels.
using Sums = A[DEPTH / 8][4];

__device__ inline void multiply_gradients(const T* lines, const T* gradients, Sums& sums) {
    int lane = threadIdx.x % LANES, warp = threadIdx.x / LANES, side = warp % 4 * 16;
    for (int first = warp / 4 * 16; first < PIXELS_UP; first += WARPS / 4 * 16) {
        unsigned a[4];
        tensor::load_4_transposed(a, gradients + (first + lane / 16 * 8 + lane % 8) * PITCH_OF_MAPS + side +
                                         lane / 8 % 2 * 8);
#pragma unroll
        for (int k = 0; k < DEPTH; k += 16) {
            unsigned b[4];
            tensor::load_4_transposed(b, line_of(lines, first + lane / 8 % 2 * 8 + lane % 8, k / LINE) + k % LINE +
                                             lane / 16 * 8);
            tensor::multiply(sums[k / 8], a, b[0], b[1]);
            tensor::multiply(sums[k / 8 + 1], a, b[2], b[3]);
        }
    }
}

// Adds up the warps' sums: those of the first half of the pixels, and then of the second.
__device__ inline void total_up(const Sums& sums, A* totals) {
    int lane = threadIdx.x % LANES, warp = threadIdx.x / LANES, map = warp % 4 * 16 + lane / 4;
    for (int turn = 0; turn < WARPS / 4; ++turn) {
        __syncthreads();
        if (warp / 4 != turn) continue;
#pragma unroll
        for (int k = 0; k < DEPTH / 8; ++k)
#pragma unroll
            for (int v = 0; v < 4; ++v)
                put(totals + (map + v / 2 * 8) * PITCH_OF_TOTALS + k * 8 + lane % 4 * 2 + v % 2, sums[k][v], turn > 0);
    }
    __syncthreads();
}

// A block has some rectangles, and writes a share of the gradients; _shares.cu sums them up.
extern "C" __global__ void __launch_bounds__(THREADS, 2) backward_weights(const T* x, const int* winners, const T* dz,
                                                                       A* shares, Index tiles) {
    T* lines = reinterpret_cast<T*>(MEMORY);
    T* gradients = lines + LINES;
    A* totals = reinterpret_cast<A*>(MEMORY);
    int first_map = blockIdx.y * MAPS;
    Sums sums = {};
    for (Index tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        Place place = place_of(tile, ROWS, COLUMNS, P, Q);
        __syncthreads();
        load_lines(x, place, lines);
        for (int i = threadIdx.x; i < PIXELS_UP * (MAPS / CHUNK); i += THREADS) {
            int pixel = i / (MAPS / CHUNK), map = i % (MAPS / CHUNK) * CHUNK;
            gather(winners, dz, place, pixel, first_map + map, gradients + pixel * PITCH_OF_MAPS + map);
        }
        __syncthreads();
        multiply_gradients(lines, gradients, sums);
    }
    total_up(sums, totals);
    A* share = shares + (Index)blockIdx.x * PITCH;
    for (int i = threadIdx.x; i < MAPS * SIZE_H * USED; i += THREADS) {
        int at = i % USED, row = i / USED % SIZE_H, map = i / (USED * SIZE_H);
        if (first_map + map < F)
            share[(Index)first_map * SIZE_H * USED + i] = totals[map * PITCH_OF_TOTALS + row * LINE + at];
    }
    for (int map = threadIdx.x; map < MAPS && first_map + map < F; map += THREADS)
        share[F * SIZE_H * USED + first_map + map] = totals[map * PITCH_OF_TOTALS + USED];
}
