// Products of float and double: a thread has a square of OWN × OWN sums, in 16 × 16 threads.

namespace scalar {

constexpr int STEP = 16, SIDE = 16, OWN = 4, THREADS = SIDE * SIDE, EXTENT = SIDE * OWN, RUNS = OWN;

using Slab = A[STEP][EXTENT + 4];

// Copies some rows of an operand, from `row` and `k` on; what lies outside is zero.
template <typename Operand, int pitch>
__device__ inline void fetch(const Operand& operand, Index row, int k, int last_k, A (&slab)[STEP][pitch]) {
#pragma unroll
    for (int i = threadIdx.x; i < EXTENT * STEP; i += THREADS) {
        int r = Operand::ALONG_K ? i / STEP : i % EXTENT, step = Operand::ALONG_K ? i % STEP : i / EXTENT;
        const T* element = k + step < last_k ? operand.at(operand.line(row + r), operand.step(k + step)) : nullptr;
        slab[step][r] = element ? wide(*element) : A(0);
    }
}

// Calls work(number, row, column) for the runs that a thread has.
template <typename Work>
__device__ inline void for_runs(const Tile& tile, Work work) {
#pragma unroll
    for (int i = 0; i < OWN; ++i)
        work(i, tile.row + threadIdx.x / SIDE + i * SIDE, tile.column + threadIdx.x % SIDE * OWN);
}

template <typename Left, typename Right, typename Write>
__device__ inline void product(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    __shared__ Slab lefts, rights;
    int down = threadIdx.x / SIDE, across = threadIdx.x % SIDE * OWN;
    A sums[OWN][OWN] = {};
    for (int k = part.first; k < part.last; k += STEP) {
        fetch(left, tile.row, k, part.last, lefts);
        fetch(right, tile.column, k, part.last, rights);
        __syncthreads();
#pragma unroll
        for (int step = 0; step < STEP; ++step)
#pragma unroll
            for (int i = 0; i < OWN; ++i)
#pragma unroll
                for (int j = 0; j < OWN; ++j) sums[i][j] += lefts[step][down + i * SIDE] * rights[step][across + j];
        __syncthreads();
    }
    scalar::for_runs(tile, [&](int i, Index row, Index column) { write(row, column, sums[i]); });
}

}  // namespace scalar
