// Random scale: a random part of each picture at a random size; at tests the whole picture, resized.
//
// x (N, H, W, C), y (N, P, Q, C). The formula and the address of the random numbers are in
// kernels/cpu/random_scale.py. One thread a value of y.

#include "_bilinear.cuh"

__device__ inline int choose(unsigned word, int choices) { return int((unsigned long long)word * choices >> 32); }

extern "C" __global__ void forward(const T* x, const Index* counters, T* y, Index least, Index stream, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q);
        const uint4 words = philox(counters[control::SEED], (unsigned)stream, counters[control::STEP],
                                   counters[control::OFFSET] + n, 0u);
        const int rows = H - choose(words.x, H - (int)least + 1), columns = (int)((Index)W * rows / H);
        const int top = choose(words.y, rows - P + 1), left = choose(words.z, columns - Q + 1);
        const double scale = double(H) / rows;
        const Between row = between(top + int(pixel / Q % P), rows, H, scale);
        const Between column = between(left + int(pixel % Q), columns, W, scale);
        y[i] = narrow<T>(bilinear(x + n * H * W * C + i % C, row, column, W, C));
    }
}

extern "C" __global__ void evaluate(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q);
        const Between row = between(pixel / Q % P, P, H, double(H) / P);
        const Between column = between(pixel % Q, Q, W, double(W) / Q);
        y[i] = narrow<T>(bilinear(x + n * H * W * C + i % C, row, column, W, C));
    }
}
