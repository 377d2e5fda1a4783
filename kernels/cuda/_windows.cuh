// Windows that slide along an axis.

// The windows that see one place, from the first to before the end.
struct Windows { int first, end; };

// Of `count` windows, window w sees the `size` places from w·stride + start on.
__device__ inline Windows windows_of(int place, int count, int size, int stride, int start) {
    const int before = place - start - size, from = place - start;
    return {before < 0 ? 0 : before / stride + 1, from < 0 ? 0 : min(from / stride + 1, count)};
}

// The larger of two numbers, or what is no number.
template <typename Value>
__device__ inline Value larger(Value a, Value b) { return b > a || isnan(b) ? b : a; }
