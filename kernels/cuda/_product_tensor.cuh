// Products of bfloat16 by tensor cores, with float sums.
//
// A warp has WARP_ROWS × 32 sums. Slabs of both operands, 32 deep, pass through shared memory, STAGES of them in
// flight. Rows of a slab are swizzled, so that neither storing nor loading has bank conflicts.
//
// What multiplies is in _tensor.cuh.

#include "_tensor.cuh"

namespace tensor {

constexpr int DEPTH = 32, WARP_COLUMNS = 32, CHUNK = 8;  // a chunk is 16 bytes
constexpr int WARPS_ACROSS = TILE_COLUMNS / WARP_COLUMNS, WARPS = TILE_ROWS / WARP_ROWS * WARPS_ACROSS, RUNS = WARP_ROWS / 8;
constexpr int THREADS = WARPS * 32, MOST_STAGES = 49152 / ((TILE_ROWS + TILE_COLUMNS) * DEPTH * 2);
constexpr int STAGES = MOST_STAGES < 4 ? MOST_STAGES : 4;
constexpr int QUAD = 4, QUADS = TILE_ROWS * TILE_COLUMNS / QUAD / THREADS;

// Where the chunk that begins at (row, k) lies in a slab of `extent` rows: rows one after the other if elements
// follow one another along k, else columns.
template <bool along_k, int extent>
__device__ inline int place_in_slab(int row, int k) {
    if constexpr (along_k) return row * DEPTH + ((k / CHUNK ^ row / 2 % 4) * CHUNK);
    constexpr int spread = extent >= 64 ? 8 : 4;  // rows of 64 bytes lie in pairs in the banks
    return k * extent + ((row / CHUNK ^ k / (8 / spread) % spread) * CHUNK);
}

// Copies slabs of `extent` rows of an operand. A thread has chunks that are DOWN apart across the direction in which
// elements follow one another: some rows at one k, or one row at some k.
template <int extent, typename Operand>
struct Fetcher {
    static constexpr bool ALONG_K = Operand::ALONG_K;
    static constexpr int ACROSS = (ALONG_K ? DEPTH : extent) / CHUNK, DOWN = THREADS / ACROSS;
    static constexpr int CHUNKS = extent * DEPTH / CHUNK / THREADS, LINES = ALONG_K ? CHUNKS : 1;
    static_assert(THREADS % ACROSS == 0 && CHUNKS > 0, "threads share out the chunks of a slab evenly");
    using Line = decltype(((Operand*)nullptr)->line(0));

    Operand operand;
    Index first_row;
    int row, k;
    Line lines[LINES];

    __device__ Fetcher(const Operand& operand, Index tile_row) : operand(operand) {
        int along = threadIdx.x % ACROSS * CHUNK, across = threadIdx.x / ACROSS;
        row = ALONG_K ? across : along;
        k = ALONG_K ? along : across;
        first_row = tile_row + row;
#pragma unroll
        for (int i = 0; i < LINES; ++i) lines[i] = operand.line(first_row + i * DOWN);
    }

    __device__ void fetch(int first, int last_k, T* slab) const {
        auto step = operand.step(first + k);
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            int its_row = ALONG_K ? row + i * DOWN : row, its_k = ALONG_K ? k : k + i * DOWN;
            T* place = slab + place_in_slab<ALONG_K, extent>(its_row, its_k);
            if constexpr (Operand::WHOLE) {
                if (!ALONG_K && i) step = operand.step(first + its_k);
                const T* source = first + its_k < last_k ? operand.at(lines[ALONG_K ? i : 0], step) : nullptr;
                copy_chunk(place, source, operand.anything());
            } else {
                gather(i, first + its_k, last_k, place);
            }
        }
    }

    // Copies a chunk element by element.
    __device__ void gather(int i, int its_k, int last_k, T* place) const {
        Pack<T, CHUNK> values;
#pragma unroll
        for (int v = 0; v < CHUNK; ++v) {
            int k = ALONG_K ? its_k + v : its_k;
            Line line = ALONG_K ? lines[i] : operand.line(first_row + v);
            const T* element = k < last_k ? operand.at(line, operand.step(k)) : nullptr;
            values.values[v] = element ? *element : T(0.f);
        }
        *reinterpret_cast<Pack<T, CHUNK>*>(place) = values;
    }
};

// Loads the 16 × 16 elements from (row, k) on of a left operand, as mma wants them.
template <bool along_k>
__device__ inline void load_left(unsigned (&to)[4], const T* slab, int row, int k) {
    int lane = threadIdx.x % 32;
    if constexpr (along_k)
        load_4(to, slab + place_in_slab<true, TILE_ROWS>(row + lane % 16, k + lane / 16 * 8));
    else
        load_4_transposed(
            to, slab + place_in_slab<false, TILE_ROWS>(row + lane / 8 % 2 * 8, k + lane / 16 * 8 + lane % 8));
}

// Loads the 16 × 16 elements from (row, k) on of a right operand: two pairs of registers, for 8 columns each.
template <bool along_k>
__device__ inline void load_right(unsigned (&to)[4], const T* slab, int row, int k) {
    int lane = threadIdx.x % 32;
    if constexpr (along_k)
        load_4(to, slab + place_in_slab<true, TILE_COLUMNS>(row + lane / 16 * 8 + lane % 8, k + lane / 8 % 2 * 8));
    else
        load_4_transposed(
            to, slab + place_in_slab<false, TILE_COLUMNS>(row + lane / 16 * 8, k + lane / 8 % 2 * 8 + lane % 8));
}

// Calls work(number, row, column) for the runs that a thread has.
template <typename Work>
__device__ inline void for_runs(const Tile& tile, Work work) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    Index row = tile.row + warp / WARPS_ACROSS * WARP_ROWS + lane / 4;
    Index column = tile.column + warp % WARPS_ACROSS * WARP_COLUMNS + lane % 4 * CHUNK;
#pragma unroll
    for (int number = 0; number < RUNS; ++number) work(number, row + number * 8, column);
}

struct __align__(128) Slabs {
    T lefts[STAGES][TILE_ROWS * DEPTH], rights[STAGES][TILE_COLUMNS * DEPTH];
};

// What a lane sums up of its warp's columns: for 16 rows each, 4 times 8 columns. Of these it has 2, in two rows that
// are 8 apart.
using Sums = float[WARP_ROWS / 16][4][4];

template <typename Left, typename Right>
__device__ inline void sum_up(const Tile& tile, const Left& left, const Right& right, Part part, Slabs& slabs,
                              Sums& sums) {
    Fetcher<TILE_ROWS, Left> left_fetcher(left, tile.row);
    Fetcher<TILE_COLUMNS, Right> right_fetcher(right, tile.column);
    int warp = threadIdx.x / 32;
    int top = warp / WARPS_ACROSS * WARP_ROWS, side = warp % WARPS_ACROSS * WARP_COLUMNS;
    int steps = (part.last - part.first + DEPTH - 1) / DEPTH;

    auto fetch = [&](int step) {
        if (step < steps) {
            int k = part.first + step * DEPTH;
            left_fetcher.fetch(k, part.last, slabs.lefts[step % STAGES]);
            right_fetcher.fetch(k, part.last, slabs.rights[step % STAGES]);
        }
        commit();
    };
    for (int step = 0; step < STAGES - 1; ++step) fetch(step);
    for (int step = 0; step < steps; ++step) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();
        fetch(step + STAGES - 1);
#pragma unroll
        for (int k = 0; k < DEPTH; k += 16) {
            unsigned b[2][4];
#pragma unroll
            for (int j = 0; j < 2; ++j) load_right<Right::ALONG_K>(b[j], slabs.rights[step % STAGES], side + j * 16, k);
#pragma unroll
            for (int i = 0; i < WARP_ROWS / 16; ++i) {
                unsigned a[4];
                load_left<Left::ALONG_K>(a, slabs.lefts[step % STAGES], top + i * 16, k);
#pragma unroll
                for (int j = 0; j < 4; ++j) multiply(sums[i][j], a, b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
            }
        }
    }
}

template <typename Left, typename Right, typename Write>
__device__ inline void product(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    __shared__ Slabs slabs;
    Sums sums = {};
    sum_up(tile, left, right, part, slabs, sums);
    tensor::for_runs(tile, [&](int number, Index row, Index column) {
        A run[RUN];
        gather_run(sums[number / 2], number % 2, run);
        write(row, column, run);
    });
}

// Calls work(number, row, column) for the threads' quads: 4 columns, and those of a row belong to neighbours.
template <typename Work>
__device__ inline void for_quads(const Tile& tile, Work work) {
    constexpr int ACROSS = TILE_COLUMNS / QUAD, DOWN = THREADS / ACROSS;
    Index row = tile.row + threadIdx.x / ACROSS, column = tile.column + threadIdx.x % ACROSS * QUAD;
#pragma unroll
    for (int number = 0; number < QUADS; ++number) work(number, row + number * DOWN, column);
}

// The same product by quads. Sums go through shared memory.
template <typename Left, typename Right, typename Write>
__device__ inline void product_by_quads(const Tile& tile, const Left& left, const Right& right, Part part,
                                        Write write) {
    constexpr int PITCH = TILE_COLUMNS + 8;  // rows begin 8 banks apart, so that halves of a warp have no conflicts
    __shared__ union {
        Slabs slabs;
        float lines[TILE_ROWS][PITCH];
    } shared;
    Sums sums = {};
    sum_up(tile, left, right, part, shared.slabs, sums);
    __syncthreads();
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int top = warp / WARPS_ACROSS * WARP_ROWS + lane / 4, side = warp % WARPS_ACROSS * WARP_COLUMNS + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < WARP_ROWS / 8; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const float* pair = &sums[i / 2][j][i % 2 * 2];
            *reinterpret_cast<Two*>(&shared.lines[top + i * 8][side + j * 8]) = {pair[0], pair[1]};
        }
    __syncthreads();
    for_quads(tile, [&](int number, Index row, Index column) {
        auto quad = *reinterpret_cast<Pack<float, QUAD>*>(&shared.lines[row - tile.row][column - tile.column]);
        write(number, row, column, quad.values);
    });
}

}  // namespace tensor
