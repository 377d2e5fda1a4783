// Pooling of the pixel with the largest absolute value in each window.
//
//     y[n, p, q, c] = the x[n, p·DOWN + i + TOP, q·RIGHT + j + LEFT, c] of the largest |x|
//
// x, dx (N, H, W, C); y, dy (N, P, Q, C); windows of ROWS × COLUMNS pixels. Forward one thread a value of y.
// Backward one thread a value of dx, which sums up the gradients of the windows that kept its value.

#include "_common.cuh"
#include "_windows.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q);
        const int top = int(pixel / Q % P) * DOWN + TOP, left = int(pixel % Q) * RIGHT + LEFT;
        A kept = 0;
        for (int row = max(top, 0); row < min(top + ROWS, H); ++row)
            for (int column = max(left, 0); column < min(left + COLUMNS, W); ++column) {
                const A value = wide(x[((n * H + row) * W + column) * C + i % C]);
                if (fabs(value) > fabs(kept)) kept = value;
            }
        y[i] = narrow<T>(kept);
    }
}

extern "C" __global__ void backward(
    const T* x, const T* y, const T* dy, T* dx, Index count, bool accumulate
) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (H * W);
        const Windows rows = windows_of(int(pixel / W % H), P, ROWS, DOWN, TOP);
        const Windows columns = windows_of(int(pixel % W), Q, COLUMNS, RIGHT, LEFT);
        A sum = 0;
        for (int p = rows.first; p < rows.end; ++p)
            for (int q = columns.first; q < columns.end; ++q) {
                const Index window = ((n * P + p) * Q + q) * C + i % C;
                if (wide(y[window]) == wide(x[i])) sum += wide(dy[window]);
            }
        put(dx + i, sum, accumulate);
    }
}
