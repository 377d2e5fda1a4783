// Gaussian blur of each map.
//
//     to[p, q] = Σ_ij g[i] · g[j] · from[p + i, q + j],    g[i] ∝ e^(−i² / 2·deviation²), Σ g = 1
//
// Pictures (N, H, W, C); what lies outside reads zeros. One thread a value; g is in shared memory. The gradient
// is the same, with dy for x.

#include "_common.cuh"

extern "C" __global__ void blur(const T* from, T* to, double deviation, Index count, bool accumulate) {
    __shared__ A g[SIZE];
    for (int i = threadIdx.x; i < SIZE; i += blockDim.x) {
        double sum = 0;
        for (int j = -(SIZE / 2); j < SIZE - SIZE / 2; ++j) sum += exp(-j * j / (2 * deviation * deviation));
        const double distance = i - SIZE / 2;
        g[i] = A(exp(-distance * distance / (2 * deviation * deviation)) / sum);
    }
    __syncthreads();
    FOR_EACH(i, count) {
        const Index pixel = i / C, picture = pixel / (H * W) * H;
        const int top = int(pixel / W % H) - SIZE / 2, left = int(pixel % W) - SIZE / 2;
        A sum = 0;
        for (int row = max(top, 0); row < min(top + SIZE, H); ++row) {
            const T* pixels = from + (picture + row) * W * C + i % C;
            A along = 0;
            for (int column = max(left, 0); column < min(left + SIZE, W); ++column)
                along += g[column - left] * wide(pixels[(Index)column * C]);
            sum += g[row - top] * along;
        }
        put(to + i, sum, accumulate);
    }
}
