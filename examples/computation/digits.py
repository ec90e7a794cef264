# Writes the digits of pi, one by one, for ever. All that it knows is in six numbers, which grow.
# After Jeremy Gibbons, "Unbounded Spigot Algorithms for the Digits of Pi".
with open("digits", "w", buffering=1) as digits:
    q, r, t, k, digit, odd = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < digit * t:
            digits.write(f"{digit}\n")
            q, r, digit = 10 * q, 10 * (r - digit * t), 10 * (3 * q + r) // t - 10 * digit
        else:
            q, r, t, k, digit, odd = (
                q * k,
                (2 * q + r) * odd,
                t * odd,
                k + 1,
                (q * (7 * k + 2) + r * odd) // (t * odd),
                odd + 2,
            )
