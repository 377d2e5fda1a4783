// Matrix products, tile by tile:  sum[row, column] = Σ_k left[row, k] · right[column, k].
//
// An operand tells where its elements lie, so that it may be gathered: the windows of pictures need no copy.
//
//     operand.line(row)         what is the same for all of a row
//     operand.step(k)           what is the same for all of a column
//     operand.at(line, step)    the address of an element, nullptr where it is zero
//     ALONG_K                   whether elements that follow one another in memory belong to one row
//     WHOLE                     whether RUN elements that begin at a multiple of RUN lie together, or are all zero
//
// A block has one tile, and hands its sums on in runs of one row. bfloat16 is multiplied by tensor cores, and float
// too where it may be rounded to TF32.

#include "_some.cuh"

constexpr int RUN = sizeof(T) == 2 ? 8 : 4;

// What a block computes: the tile from `row` and `column` on of product number `batch`.
struct Tile {
    Index row, column;
    int batch;
};

// The block's tile, of products of rows × columns: the next block has the next columns of the same rows.
__device__ inline Tile tile_of(Index rows, Index columns) {
    unsigned down = (unsigned)((rows + TILE_ROWS - 1) / TILE_ROWS);
    unsigned across = (unsigned)((columns + TILE_COLUMNS - 1) / TILE_COLUMNS), line = blockIdx.x / across;
    return {(Index)(line % down) * TILE_ROWS, (Index)(blockIdx.x % across) * TILE_COLUMNS, (int)(line / down)};
}

// What of the depth is summed up, from `first` to before `last`.
struct Part {
    int first, last;
};

// Share `share` of SHARES of a depth.
__device__ inline Part share_of(int depth, int share) {
    int length = ((depth + SHARES - 1) / SHARES + 31) / 32 * 32;
    return {min(share * length, depth), min((share + 1) * length, depth)};
}

// How many columns of a run a row has that is `width` long, and has the first of them: all, if runs end where it does.
template <int width, int run = RUN>
__device__ inline int count_of(Index column) {
    return width % run == 0 ? run : (int)min((Index)run, width - column);
}

// Stores a run of a row that is `width` long, as far as it goes, or adds it to what is there.
template <int width, typename To>
__device__ inline void put_run(To* row, Index column, const A (&sums)[RUN], bool accumulate) {
    if constexpr (width % RUN == 0) {
        if (column >= width) return;
        using Stored = Pack<To, RUN>;
        Stored* place = reinterpret_cast<Stored*>(row + column);
        Stored values = accumulate ? *place : Stored();
#pragma unroll
        for (int v = 0; v < RUN; ++v) put(&values.values[v], sums[v], accumulate);
        *place = values;
    } else {
#pragma unroll
        for (int v = 0; v < RUN; ++v)
            if (column + v < width) put(row + column + v, sums[v], accumulate);
    }
}

// The same for gradients: where a gate is given, the output of a ReLU, they pass where it is open.
template <int width>
__device__ inline void put_gated(T* row, Index column, A (&sums)[RUN], bool accumulate, const T* gate) {
    if (column >= width) return;
    if constexpr (GATED) {
        auto outputs = load_some<RUN, width % RUN == 0>(gate + column, count_of<width>(column));
#pragma unroll
        for (int v = 0; v < RUN; ++v)
            if (!(wide(outputs.values[v]) > 0)) sums[v] = 0;
    }
    put_run<width>(row, column, sums, accumulate);
}

// A run that begins with a one: as a further row of an operand, it makes the product sum up the other one.
__device__ __align__(32) unsigned long long FIRST_ONE[4] = {
    sizeof(T) == 2 ? 0x3F80 : sizeof(T) == 4 ? 0x3F800000 : 0x3FF0000000000000};

__device__ inline const T* first_one() { return reinterpret_cast<const T*>(FIRST_ONE); }

// Finishes a run of weighted sums: adds the biases, where there are BIASES, and lets a ReLU act, if RELU.
template <int width>
__device__ inline void finish(T* row, Index column, const T* biases, A (&sums)[RUN], bool accumulate) {
    if (column >= width) return;
    int count = count_of<width>(column);
    if constexpr (BIASES > 0) {
        auto own = load_some<RUN, width % RUN == 0>(biases + column, count);
#pragma unroll
        for (int v = 0; v < RUN; ++v) sums[v] += wide(own.values[v]);
    }
    if constexpr (RELU) {
#pragma unroll
        for (int v = 0; v < RUN; ++v) {
            if (accumulate && v < count) sums[v] += wide(row[column + v]);
            if (sums[v] < 0) sums[v] = 0;
        }
    }
    put_run<width>(row, column, sums, accumulate && !RELU);
}

#include "_product_scalar.cuh"
#include "_product_tensor.cuh"
#include "_product_tf32.cuh"

constexpr bool SHORT = sizeof(T) == 2;

// Threads of a block, how many blocks a multiprocessor is to have room for, and runs of a thread.
constexpr int THREADS = SHORT ? tensor::THREADS : scalar::THREADS, BLOCKS = THREADS < 256 ? 384 / THREADS : 2;
constexpr int RUNS = SHORT ? tensor::RUNS : TF32 ? tf32::RUNS : scalar::RUNS;

// Calls write(row, column, sums) for all runs of the tile, summed up over a part of the depth; also for rows and
// columns that lie outside. Operands are asked for rows that lie outside, and for k up to the end of a run.
template <typename Left, typename Right, typename Write>
__device__ inline void product(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    if constexpr (SHORT)
        tensor::product(tile, left, right, part, write);
    else if constexpr (TF32)
        tf32::product(tile, left, right, part, write);
    else
        scalar::product(tile, left, right, part, write);
}

// Calls work(number, row, column) for the thread's runs of a tile, in the order in which a product writes them.
template <typename Work>
__device__ inline void for_runs(const Tile& tile, Work work) {
    if constexpr (SHORT)
        tensor::for_runs(tile, work);
    else if constexpr (TF32)
        tf32::for_runs(tile, work);
    else
        scalar::for_runs(tile, work);
}
