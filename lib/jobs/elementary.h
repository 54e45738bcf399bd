/*
 * Logarithm and exponential that are the same to the last bit on every platform: made of operations
 * that IEEE 754 rounds exactly (+ - * / and moving the exponent) in a fixed order, without fused
 * multiply-add. A C library's log() and exp() may differ from another's in the last bits.
 *
 * Threads: any.
 */
#pragma once

/* Natural logarithm of a normal number above 0, within 1 ulp. */
double elementary_ln(double x);
/* Within 2 ulp from -708 to 709; 0 below, infinity above. */
double elementary_exp(double x);
/* c[0] + c[1] x + c[2] x^2 + ... + c[n - 1] x^(n - 1), by Horner's rule. */
double elementary_polynomial(const double *c, int n, double x);
