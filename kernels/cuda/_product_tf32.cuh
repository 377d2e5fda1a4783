// Products of float by tensor cores, which take their factors as TF32: with 10 bits after the point, and float sums.
//
// Tiles and slabs are those of _product_scalar.cuh. A warp has 16 × 32 sums.
//
// Source: PTX ISA, mma.m16n8k8.

namespace tf32 {

constexpr int STEP = scalar::STEP, EXTENT = scalar::EXTENT, THREADS = scalar::THREADS, RUNS = 4, DEPTH = 8;

using Slab = A[STEP][EXTENT + 8];  // rows begin 8 banks apart, so that a warp's loads have no conflicts

__device__ inline unsigned rounded(A value) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"((float)value));
    return bits;
}

__device__ inline void multiply(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
                 "{%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Calls work(number, row, column) for the runs that a thread has.
template <typename Work>
__device__ inline void for_runs(const Tile& tile, Work work) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    Index row = tile.row + warp / 2 * 16 + lane % 2 * 8 + lane / 4;
    Index column = tile.column + warp % 2 * 32 + lane % 4 / 2 * 4;
#pragma unroll
    for (int number = 0; number < RUNS; ++number) work(number, row, column + number * 8);
}

template <typename Left, typename Right, typename Write>
__device__ inline void product(const Tile& tile, const Left& left, const Right& right, Part part, Write write) {
    __shared__ Slab lefts, rights;
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, across = lane / 4, down = lane % 4;
    int top = warp / 2 * 16 + across, side = warp % 2 * 32 + across;
    float sums[RUNS][4] = {};
    for (int k = part.first; k < part.last; k += STEP) {
        scalar::fetch(left, tile.row, k, part.last, lefts);
        scalar::fetch(right, tile.column, k, part.last, rights);
        __syncthreads();
#pragma unroll
        for (int step = down; step < STEP; step += DEPTH) {
            unsigned a[4] = {rounded(lefts[step][top]), rounded(lefts[step][top + 8]), rounded(lefts[step + 4][top]),
                             rounded(lefts[step + 4][top + 8])};
#pragma unroll
            for (int j = 0; j < RUNS; ++j)
                multiply(sums[j], a, rounded(rights[step][side + j * 8]), rounded(rights[step + 4][side + j * 8]));
        }
        __syncthreads();
    }
    // Of 8 columns, a lane has 2 in each of two rows. It swaps with its neighbour for 4 of one row.
    tf32::for_runs(tile, [&](int number, Index row, Index column) {
        tensor::Two upper = {sums[number][0], sums[number][1]}, lower = {sums[number][2], sums[number][3]};
        tensor::exchange(upper, lower, 1);
        A run[RUN];
        float values[] = {upper.x, upper.y, lower.x, lower.y};
#pragma unroll
        for (int v = 0; v < 4; ++v) run[v] = values[v];
        write(row, column, run);
    });
}

}  // namespace tf32
