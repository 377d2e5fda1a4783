// Matrix products, tile by tile:  sum[row, column] = Σ_k left[row, k] · right[column, k].
//
// An operand tells by `at(row, k)` where its element lies, nullptr where it is zero, and by ALONG_K whether
// elements that follow one another in memory belong to one row. So an operand may be gathered: the windows of
// pictures need no copy.
//
// A block computes a tile of 64 × 64, a thread 4 × 4 of it; both operands pass through shared memory, 16 deep.

#include "_common.cuh"

constexpr int TILE = 64, STEP_K = 16, SIDE = 16, OWN = TILE / SIDE, THREADS = SIDE * SIDE;

using Slab = A[STEP_K][TILE + 1];

// What a block computes: the tile from `row` and `column` on of product number `batch`.
struct Tile {
    Index row, column;
    int batch;
};

// The block's tile, of products of rows × columns: the next block has the next columns of the same rows.
__device__ inline Tile tile_of(Index rows, Index columns) {
    unsigned down = (unsigned)((rows + TILE - 1) / TILE), across = (unsigned)((columns + TILE - 1) / TILE);
    unsigned line = blockIdx.x / across;
    return {(Index)(line % down) * TILE, (Index)(blockIdx.x % across) * TILE, (int)(line / down)};
}

// What of the depth is summed up, from `first` to before `last`.
struct Part {
    Index first, last;
};

// Share `share` of SHARES of a depth.
__device__ inline Part share_of(Index depth, int share) {
    Index length = (depth + SHARES - 1) / SHARES;
    return {min(share * length, depth), min((share + 1) * length, depth)};
}

// Copies 64 rows of an operand, from `row` and `k` on; what lies outside is zero.
template <typename Operand>
__device__ inline void fetch(const Operand& operand, Index row, Index k, Index last_k, Slab& slab) {
    for (int i = threadIdx.x; i < TILE * STEP_K; i += THREADS) {
        int r = Operand::ALONG_K ? i / STEP_K : i % TILE, step = Operand::ALONG_K ? i % STEP_K : i / TILE;
        const T* element = k + step < last_k ? operand.at(row + r, k + step) : nullptr;
        slab[step][r] = element ? wide(*element) : A(0);
    }
}

// Calls write(row, column, sum) for all sums of the tile over a part of the depth. Operands are asked for rows
// that lie outside, and write is called for them.
template <typename Left, typename Right, typename Write>
__device__ inline void product(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    __shared__ Slab lefts, rights;
    int down = threadIdx.x / SIDE, across = threadIdx.x % SIDE;
    A sums[OWN][OWN] = {};
    for (Index k = part.first; k < part.last; k += STEP_K) {
        fetch(left, tile.row, k, part.last, lefts);
        fetch(right, tile.column, k, part.last, rights);
        __syncthreads();
#pragma unroll
        for (int step = 0; step < STEP_K; ++step)
#pragma unroll
            for (int i = 0; i < OWN; ++i)
#pragma unroll
                for (int j = 0; j < OWN; ++j)
                    sums[i][j] += lefts[step][down + i * SIDE] * rights[step][across + j * SIDE];
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < OWN; ++i)
#pragma unroll
        for (int j = 0; j < OWN; ++j) write(tile.row + down + i * SIDE, tile.column + across + j * SIDE, sums[i][j]);
}
