// Gradient of biases: dbiases[o] = Σ_r dy[r, o], with dy as a matrix of ROWS × OUTPUTS.
//
// A block sums up 32 outputs: lane x takes output x, and each of its 8 warps every 8th row. The partial sums
// are added in the order of the warps.

#include "_common.cuh"

extern "C" __global__ void backward(const T* dy, A* dbiases, bool accumulate) {
    __shared__ A sums[8][32];
    Index output = blockIdx.x * 32 + threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    A sum = 0;
    if (output < OUTPUTS)
        for (Index row = warp; row < ROWS; row += 8) sum += wide(dy[row * OUTPUTS + output]);
    sums[warp][threadIdx.x % 32] = sum;
    __syncthreads();
    if (warp || output >= OUTPUTS) return;
    for (int other = 1; other < 8; ++other) sum += sums[other][threadIdx.x];
    put(dbiases + output, sum, accumulate);
}
