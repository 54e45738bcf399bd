# Vectors that SciPy has not, or not in double precision, by R (Debian: r-base-core).
#
#     Rscript make_description.R > r.json        in this folder, after make_description.py
#
# Shapiro-Wilk: W, p. Trend: S, p (two-sided; exact up to 50 values without ties, else normal with
# continuity and ties), the median of all slopes. ABC of the mean (Debian: r-cran-boot): its ends, for 0.95.
lines <- grep('^"[^"]*": \\[', readLines("samples.json"), value = TRUE)

number <- function(x) if (is.na(x)) "null" else if (is.infinite(x)) (if (x > 0) '"inf"' else '"-inf"') else sprintf("%.17g", x)
row <- function(name, xs) sprintf('"%s": [%s]', name, paste(sapply(xs, number), collapse = ", "))

shapiro <- function(v) {
    if (length(v) < 3 || length(v) > 5000 || any(is.infinite(v)) || min(v) == max(v)) return(c(NA, NA))
    # R takes 1e-200 for no range at all, and loses digits of values that are far from 0
    if (max(v) - min(v) < 1e-6 * max(abs(v))) v <- v - v[1]
    t <- shapiro.test(v / 2^floor(log2(max(abs(v)))))
    c(t$statistic, t$p.value)
}

trend <- function(v) {
    n <- length(v)
    if (n < 2) return(c(NA, NA, NA))
    order <- seq_len(n)
    s <- 0
    slopes <- numeric(0)
    for (i in seq_len(n - 1)) {
        j <- (i + 1):n
        s <- s + sum((v[j] > v[i]) - (v[j] < v[i]))
        slopes <- c(slopes, (v[j] - v[i]) / (j - i))
    }
    slope <- if (any(is.infinite(v))) NA else median(slopes)
    if (min(v) == max(v)) return(c(s, NA, slope))
    exact <- n <= 50 && !anyDuplicated(v)
    # ranks, which is all that counts, so that infinite values are in it too
    p <- suppressWarnings(cor.test(order, rank(v), method = "kendall", exact = exact, continuity = TRUE))$p.value
    c(s, p, slope)
}

# A mean is linear in its weights: differences as large as these are its derivatives, and lose no digits.
abc <- function(v) {
    if (length(v) < 2 || any(is.infinite(v)) || min(v) == max(v)) return(c(NA, NA))
    shift <- v[1]
    scale <- max(abs(v - shift))
    ends <- boot::abc.ci((v - shift) / scale, function(x, w) sum(x * w), conf = 0.95, eps = 0.1)
    shift + scale * ends[2:3]
}

shapiros <- c()
trends <- c()
abcs <- c()
for (line in lines) {
    name <- sub('^"([^"]*)".*$', "\\1", line)
    inside <- sub("\\].*$", "", sub("^[^[]*\\[", "", line))
    v <- strsplit(gsub('"', "", inside), ", ")[[1]]
    v <- v[v != "null" & v != ""]
    v <- as.numeric(v)
    shapiros <- c(shapiros, row(name, shapiro(v)))
    if (length(v) < 1000) abcs <- c(abcs, row(name, abc(v)))
    if (length(v) < 3000) trends <- c(trends, row(name, trend(v)))
}
cat(sprintf('{\n"made by": "make_description.R with %s",\n', R.version.string))
cat('"Shapiro-Wilk: W, p": {\n', paste(shapiros, collapse = ",\n"), '\n},\n', sep = "")
cat('"trend: S, p, slope": {\n', paste(trends, collapse = ",\n"), '\n},\n', sep = "")
cat('"ABC of the mean 0.95: low, high": {\n', paste(abcs, collapse = ",\n"), '\n}\n}\n', sep = "")
