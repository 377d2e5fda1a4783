// A convolution of few channels with a stride, and the gradients of its filters and biases:
//
//     forward            y[n, p, q, f] = b[f] + Σ_(i, j, c) patch[i, j, c] · w[f, i, j, c]
//     backward_weights   dw[f, i, j, c] = Σ_(n, p, q) dy[n, p, q, f] · patch[i, j, c],  db[f] = Σ_(n, p, q) dy[n, p, q, f]
//
// with patch[i, j, c] = x[n, p·STRIDE_H − PADDING_H + i, q·STRIDE_W − PADDING_W + j, c], zero outside the picture.
// x (N, H, W, C), y and dy (N, P, Q, F), w (F, SIZE_H, SIZE_W, C), b (F,). bfloat16 alone, with float sums.
//
// A *cell* is STRIDE_H × STRIDE_W pixels, with D numbers: STRIDE_H lines, one after the other, and zeros. By cells,
// pictures have DOWN × ACROSS, filters TAPS_H × TAPS_W, and the stride is 1. So tensor cores multiply few zeros, and rows
// of cells, that lie in shared memory, are read by all taps. Those that come next are on their way there; each number
// comes once. A number that is none makes maps none whose windows see its cell.

#include "_tensor.cuh"

constexpr int LANES = 32, CHUNK = 8, DEPTH = 16;  // numbers that are multiplied at once
constexpr int LINE = STRIDE_W * C, D = (STRIDE_H * LINE + DEPTH - 1) / DEPTH * DEPTH;
constexpr int TAPS_H = (SIZE_H + STRIDE_H - 1) / STRIDE_H, TAPS_W = (SIZE_W + STRIDE_W - 1) / STRIDE_W;
constexpr int DOWN = P + TAPS_H - 1, ACROSS = Q + TAPS_W - 1, OF_FILTER = TAPS_H * TAPS_W * D;
constexpr int PIXELS = (Q + DEPTH - 1) / DEPTH * DEPTH;  // of a row of maps, and some that nobody looks at
// What tensor cores load lies an odd number of chunks of 16 bytes apart: in all banks.
constexpr int PITCH_OF_CELLS = D + CHUNK, PITCH_OF_FILTERS = OF_FILTER + CHUNK, PITCH_OF_MAPS = MAPS + CHUNK;
constexpr int ROW = (PIXELS + TAPS_W - 1) * PITCH_OF_CELLS, ROW_OF_MAPS = PIXELS * PITCH_OF_MAPS;

extern __shared__ __align__(128) unsigned char MEMORY[];

__device__ inline void clear(int bytes) {
    auto* chunks = reinterpret_cast<Pack<unsigned, 4>*>(MEMORY);
    for (int i = threadIdx.x; i < bytes / 16; i += blockDim.x) chunks[i] = Pack<unsigned, 4>();
    __syncthreads();
}

// Where number `k` of row `row` of a filter lies among its cells.
__device__ inline unsigned place_of_weight(unsigned row, unsigned k) {
    return (row / STRIDE_H * TAPS_W + k / LINE) * D + row % STRIDE_H * LINE + k % LINE;
}

// Copies rows of cells, pairs of numbers at once. A thread has the same pairs of all lines.
template <int threads>
struct Fetcher {
    static constexpr int PAIRS = ACROSS * LINE / 2, COUNT = (PAIRS + threads - 1) / threads, LEFT = PADDING_W * C;
    int places[COUNT];
    bool there[COUNT];

    __device__ Fetcher() {
#pragma unroll
        for (int i = 0; i < COUNT; ++i) {
            int k = (i * threads + threadIdx.x) * 2;
            places[i] = k / LINE * PITCH_OF_CELLS + k % LINE;
            there[i] = k >= LEFT && k < LEFT + W * C;
        }
    }

    // Starts to copy row `down` of picture n; what lies outside the picture is zeros.
    __device__ void fetch(const T* x, int n, int down, T* cells) const {
        int top = down * STRIDE_H - PADDING_H;
        const T* from = x + ((Index)n * H + top) * (W * C) - LEFT + threadIdx.x * 2;
#pragma unroll
        for (int line = 0; line < STRIDE_H; ++line)
#pragma unroll
            for (int i = 0; i < COUNT; ++i)
                if ((i + 1) * threads <= PAIRS || i * threads + threadIdx.x < PAIRS)
                    tensor::copy<4>(cells + line * LINE + places[i], from + line * (W * C) + i * threads * 2,
                                    (unsigned)(top + line) < H && there[i]);
    }
};

// Has `multiply(factors)` called for each DEPTH of `extent`. While some factors are multiplied, `load(factors, first)`
// loads the next ones.
template <int extent, typename Factors, typename Load, typename Multiply>
__device__ inline void multiply_in_turn(Load load, Multiply multiply) {
    Factors factors[2];
    load(factors[0], 0);
#pragma unroll
    for (int first = 0; first < extent; first += DEPTH) {
        int now = first / DEPTH % 2, next = first + DEPTH;
        if (next < extent) load(factors[1 - now], next);
        multiply(factors[now]);
    }
}

// --------------------------------------------------------------------------------------------- forward

// A block has MAPS maps, and with each step two rows of them, one after the other in all pictures. A warp has one of the
// rows, and 32 of the maps.

constexpr int STEP = 2, AT_ONCE = STEP * (MAPS / 32) * LANES, STEPS = (DOWN + STEP - 1) / STEP;  // of a picture
constexpr int SLOTS = TAPS_H - 1 + 2 * STEP, TILES_DOWN = PIXELS / DEPTH;

// Filters lie in one piece of global memory: a thread takes some chunks of it at once, to wait once for all of them.
__device__ inline void load_filters(const T* weights, int first_map, T* filters) {
    constexpr unsigned OF_ROW = SIZE_W * C, COUNT = SIZE_H * OF_ROW, SOME = 8;
    auto* chunks = reinterpret_cast<const Pack<T, CHUNK>*>(weights + (Index)first_map * COUNT);
    unsigned own = min(MAPS, F - first_map) * COUNT / CHUNK;
    for (unsigned first = threadIdx.x; first < own; first += SOME * AT_ONCE) {
        Pack<T, CHUNK> some[SOME];
#pragma unroll
        for (unsigned j = 0; j < SOME; ++j) some[j] = chunks[min(first + j * AT_ONCE, own - 1)];
#pragma unroll
        for (unsigned j = 0; j < SOME; ++j) {
            if (first + j * AT_ONCE >= own) break;
#pragma unroll
            for (unsigned v = 0; v < CHUNK; ++v) {
                unsigned i = (first + j * AT_ONCE) * CHUNK + v, place = place_of_weight(i / OF_ROW % SIZE_H, i % OF_ROW);
                filters[i / COUNT * PITCH_OF_FILTERS + place] = some[j].values[v];
            }
        }
    }
}

// What a warp multiplies at once: 16 numbers of a row's cells and of 32 filters.
struct Operands {
    unsigned cells[TILES_DOWN][4], filters[2][4];

    __device__ void load(const T* from_cells, const T* from_filters) {
#pragma unroll
        for (int m = 0; m < TILES_DOWN; ++m) tensor::load_4(cells[m], from_cells + m * (DEPTH * PITCH_OF_CELLS));
#pragma unroll
        for (int j = 0; j < 2; ++j) tensor::load_4(filters[j], from_filters + j * (16 * PITCH_OF_FILTERS));
    }
};

// What a warp sums up: a row's pixels by 32 maps.
using Maps = A[TILES_DOWN][4][4];

__device__ inline void multiply_filters(const T* const (&rows)[TAPS_H], const T* filters, Maps& sums) {
    int lane = threadIdx.x % LANES, of_cells = lane % 16 * PITCH_OF_CELLS + lane / 16 * 8;
    const T* own = filters + (lane / 16 * 8 + lane % 8) * PITCH_OF_FILTERS + lane / 8 % 2 * 8;
    auto load = [&](Operands& operands, int k) {
        int tap = k / D;
        operands.load(rows[tap / TAPS_W] + tap % TAPS_W * PITCH_OF_CELLS + k % D + of_cells, own + k);
    };
    multiply_in_turn<OF_FILTER, Operands>(load, [&](const Operands& operands) {
#pragma unroll
        for (int m = 0; m < TILES_DOWN; ++m)
#pragma unroll
            for (int j = 0; j < 4; ++j)
                tensor::multiply(sums[m][j], operands.cells[m], operands.filters[j / 2][j % 2 * 2],
                                 operands.filters[j / 2][j % 2 * 2 + 1]);
    });
}

// Writes a row of maps, from `first_map` on. A lane has 8 maps of some pixels.
__device__ inline void write_maps(const Maps& sums, const T* biases, int first_map, T* y) {
    int lane = threadIdx.x % LANES, map = first_map + lane % 4 * CHUNK;
    A offsets[CHUNK] = {};
    if (BIASES && map < F) widen(*reinterpret_cast<const Pack<T, CHUNK>*>(biases + map), offsets);
#pragma unroll
    for (int m = 0; m < TILES_DOWN; ++m)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            int q = m * DEPTH + half * 8 + lane / 4;
            A run[CHUNK];
            tensor::gather_run(sums[m], half, run);
#pragma unroll
            for (int v = 0; v < CHUNK; ++v) {
                run[v] += offsets[v];
                if (RELU && run[v] < 0) run[v] = 0;
            }
            if (q < Q && map < F) *reinterpret_cast<Pack<T, CHUNK>*>(y + q * F + map) = narrowed(run);
        }
}

// A block has `steps_of_block` of all `steps`.
extern "C" __global__ void __launch_bounds__(AT_ONCE, BLOCKS)
    forward(const T* x, const T* weights, const T* biases, T* y, Index steps, Index steps_of_block) {
    static_assert(MAPS % 32 == 0 && 2 * (MAPS * PITCH_OF_FILTERS + SLOTS * ROW) == BYTES, "Python cuts it likewise");
    T *filters = reinterpret_cast<T*>(MEMORY), *cells = filters + MAPS * PITCH_OF_FILTERS;
    int first = (int)(blockIdx.x * steps_of_block), last = (int)min(first + steps_of_block, steps);
    int warp = threadIdx.x / LANES, first_map = blockIdx.y * MAPS;
    Fetcher<AT_ONCE> fetcher;
    // Rows of cells are counted from the first one that the block's first step may need.
    auto slot = [&](int number) { return cells + number % SLOTS * ROW; };
    auto fetch = [&](int step, int row) {
        int down = step % STEPS * STEP + row;
        if (down >= 0) fetcher.fetch(x, step / STEPS, down, slot((step - first) * STEP + row + TAPS_H - 1));
    };
    clear(2 * (MAPS * PITCH_OF_FILTERS + SLOTS * ROW));
    for (int row = 1 - TAPS_H; row < STEP; ++row) fetch(first, row);
    tensor::commit();
    load_filters(weights, first_map, filters);
    for (int step = first; step < last; ++step) {
        tensor::wait_for_all_but<0>();
        __syncthreads();
        if (step + 1 < last)
            for (int row = 0; row < STEP; ++row) fetch(step + 1, row);
        tensor::commit();
        int p = step % STEPS * STEP + warp % STEP - (TAPS_H - 1), map = warp / STEP * 32;
        if (p < 0 || p >= P || first_map + map >= F) continue;
        const T* rows[TAPS_H];
#pragma unroll
        for (int i = 0; i < TAPS_H; ++i) rows[i] = slot((step - first) * STEP + warp % STEP + i);
        Maps sums = {};
        multiply_filters(rows, filters + map * PITCH_OF_FILTERS, sums);
        write_maps(sums, biases, first_map + map, y + ((Index)(step / STEPS) * P + p) * (Q * F));
    }
}

// -------------------------------------------------------------------------------------------- backward

// A block has MAPS maps, 32, and some rows of cells of all pictures, one after the other, AHEAD of which are on their way,
// and the rows of dy that end with them. A warp has a *column* of TILES of all tiles of a filter, 8 numbers of its
// cells. All warps multiply the same gradients, by cells that lie some rows and columns apart. _shares.cu sums up what
// blocks find.

constexpr int ALL_TILES = OF_FILTER / CHUNK, COLUMNS = (ALL_TILES + TILES - 1) / TILES, THREADS = COLUMNS * LANES;
constexpr int PAIRS = TILES / 2, ROWS = TAPS_H + AHEAD, ROWS_OF_MAPS = 1 + AHEAD;
constexpr unsigned ONES = 0x3F803F80;

// Starts to copy a row of dy; zeros for maps that there are not.
__device__ inline void fetch_gradients(const T* row, int first_map, T* gradients) {
    constexpr int OF_PIXEL = MAPS / CHUNK, CHUNKS = Q * OF_PIXEL;
#pragma unroll
    for (int first = 0; first < CHUNKS; first += THREADS) {
        int i = first + threadIdx.x, pixel = i / OF_PIXEL, map = i % OF_PIXEL * CHUNK;
        const T* source = first_map + map < F ? row + pixel * F + first_map + map : nullptr;
        if (i < CHUNKS) tensor::copy_chunk(gradients + pixel * PITCH_OF_MAPS + map, source, row);
    }
}

// What a warp multiplies at once: of 16 pixels, the gradients of the maps, and its tiles of the cells that they saw.
struct Factors {
    unsigned maps[2][4], tiles[PAIRS][4];

    __device__ void load(const T* from_maps, const T* const (&from_cells)[PAIRS], int first) {
#pragma unroll
        for (int m = 0; m < 2; ++m) tensor::load_4_transposed(maps[m], from_maps + first * PITCH_OF_MAPS + m * 16);
#pragma unroll
        for (int pair = 0; pair < PAIRS; ++pair)
            tensor::load_4_transposed(tiles[pair], from_cells[pair] + first * PITCH_OF_CELLS);
    }
};

// What a warp sums up: the maps by its tiles; and by ones, for the biases.
struct Sums {
    A tiles[2][TILES][4], ones[2][4];

    __device__ void add(const Factors& factors, bool has_ones) {
#pragma unroll
        for (int t = 0; t < TILES; ++t)
#pragma unroll
            for (int m = 0; m < 2; ++m)
                tensor::multiply(tiles[m][t], factors.maps[m], factors.tiles[t / 2][t % 2 * 2],
                                 factors.tiles[t / 2][t % 2 * 2 + 1]);
        if (BIASES && has_ones)
#pragma unroll
            for (int m = 0; m < 2; ++m) tensor::multiply(ones[m], factors.maps[m], ONES, ONES);
    }
};

// Where a lane loads a warp's factors from: from what on in a row of dy, and for each pair of tiles from which row of a
// filter's cells, and from what on in that row of cells. Tiles after the last one are taken for it.
struct Places {
    int maps, down[PAIRS], cells[PAIRS];

    __device__ explicit Places(int first_tile) {
        int lane = threadIdx.x % LANES;
        maps = (lane / 16 * 8 + lane % 8) * PITCH_OF_MAPS + lane / 8 % 2 * 8;
#pragma unroll
        for (int pair = 0; pair < PAIRS; ++pair) {
            int tile = min(first_tile + 2 * pair + lane / 16, ALL_TILES - 1), tap = tile / (D / CHUNK);
            down[pair] = tap / TAPS_W;
            cells[pair] = (tap % TAPS_W + lane / 8 % 2 * 8 + lane % 8) * PITCH_OF_CELLS + tile % (D / CHUNK) * CHUNK;
        }
    }
};

// Adds a row of gradients, times the cells that they saw: those from row `top` on.
__device__ inline void multiply_cells(const T* gradients, const T* cells, int top, const Places& places, bool has_ones,
                                      Sums& sums) {
    const T *maps = gradients + places.maps, *tiles[PAIRS];
#pragma unroll
    for (int pair = 0; pair < PAIRS; ++pair) {
        int slot = top + places.down[pair];
        tiles[pair] = cells + (slot < ROWS ? slot : slot - ROWS) * ROW + places.cells[pair];
    }
    multiply_in_turn<PIXELS, Factors>([&](Factors& factors, int first) { factors.load(maps, tiles, first); },
                                      [&](const Factors& factors) { sums.add(factors, has_ones); });
}

// Writes a share: the warps' sums in the order of filters, and the biases.
__device__ inline void write_share(const Sums& sums, int first_tile, int first_map, A* share) {
    constexpr int OF_ROW = SIZE_W * C, COUNT = SIZE_H * OF_ROW;
    A* totals = reinterpret_cast<A*>(MEMORY);
    int lane = threadIdx.x % LANES;
    __syncthreads();
#pragma unroll
    for (int m = 0; m < 2; ++m)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            int map = m * 16 + half * 8 + lane / 4;
            A* filter = totals + map * PITCH_OF_FILTERS + first_tile * CHUNK + lane % 4 * 2;
#pragma unroll
            for (int t = 0; t < TILES; ++t)
                if (first_tile + t < ALL_TILES)
                    *reinterpret_cast<float2*>(filter + t * CHUNK) =
                        make_float2(sums.tiles[m][t][half * 2], sums.tiles[m][t][half * 2 + 1]);
            if (BIASES && first_tile == 0 && lane % 4 == 0 && first_map + map < F)
                share[F * COUNT + first_map + map] = sums.ones[m][half * 2];
        }
    __syncthreads();
    for (int i = threadIdx.x; i < MAPS * COUNT; i += THREADS) {
        int map = i / COUNT, row = i / OF_ROW % SIZE_H, k = i % OF_ROW;
        if (first_map + map < F) share[first_map * COUNT + i] = totals[map * PITCH_OF_FILTERS + place_of_weight(row, k)];
    }
}

// A block has `rows_of_share` of all `rows` of cells.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_weights(const T* x, const T* dy, A* shares, Index rows, Index rows_of_share) {
    static_assert(MAPS == 32 && TILES % 2 == 0, "a warp has two times 16 maps, and pairs of tiles");
    static_assert(2 * (ROWS * ROW + ROWS_OF_MAPS * ROW_OF_MAPS) <= BYTES && 4 * MAPS * PITCH_OF_FILTERS <= BYTES,
                  "Python cuts it likewise");
    T *cells = reinterpret_cast<T*>(MEMORY), *gradients = cells + ROWS * ROW;
    int first = (int)(blockIdx.x * rows_of_share), steps = (int)min(rows_of_share, rows - first);
    int first_map = blockIdx.y * MAPS, first_tile = threadIdx.x / LANES * TILES;
    Fetcher<THREADS> fetcher;
    auto slot = [](int step) { return (step + TAPS_H - 1) % ROWS; };
    auto fetch_row = [&](int step) {
        int row = first + step;
        if (row >= 0) fetcher.fetch(x, row / DOWN, row % DOWN, cells + slot(step) * ROW);
    };
    auto fetch = [&](int step) {
        int row = first + step, p = row % DOWN - (TAPS_H - 1);
        if (step < steps) {
            fetch_row(step);
            if (p >= 0)  // the first rows of a picture end no row of maps
                fetch_gradients(dy + (Index)(row / DOWN * P + p) * (Q * F), first_map,
                                gradients + step % ROWS_OF_MAPS * ROW_OF_MAPS);
        }
        tensor::commit();
    };
    clear(2 * (ROWS * ROW + ROWS_OF_MAPS * ROW_OF_MAPS));
    for (int step = 1 - TAPS_H; step < 0; ++step) fetch_row(step);
    for (int step = 0; step < AHEAD; ++step) fetch(step);
    Places places(first_tile);
    Sums sums = {};
    for (int step = 0; step < steps; ++step) {
        tensor::wait_for_all_but<AHEAD - 1>();
        __syncthreads();
        if ((first + step) % DOWN >= TAPS_H - 1)
            multiply_cells(gradients + step % ROWS_OF_MAPS * ROW_OF_MAPS, cells, slot(step - (TAPS_H - 1)), places,
                           first_tile == 0, sums);
        fetch(step + AHEAD);
    }
    tensor::wait_for_all_but<0>();
    write_share(sums, first_tile, first_map, shares + (Index)blockIdx.x * PITCH);
}
