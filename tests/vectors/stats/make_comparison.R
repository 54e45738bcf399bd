#!/usr/bin/env Rscript
# What R says of samples, for make_comparison.py, which starts this program: a line in, a line out.
#
# In: TEST;NAME=NUMBER,NUMBER...;...  Out: NAME=NUMBER;... with 17 digits.
options(digits = 17, warn = -1)

fields <- function(line) {
    parts <- strsplit(line, ";", fixed = TRUE)[[1]]
    pairs <- strsplit(parts[-1], "=", fixed = TRUE)
    values <- lapply(pairs, function(p) as.numeric(strsplit(p[2], ",", fixed = TRUE)[[1]]))
    names(values) <- vapply(pairs, function(p) p[1], "")
    c(list(test = parts[1]), values)
}

say <- function(...) {
    values <- unlist(list(...))
    cat(paste(names(values), sprintf("%.17g", values), sep = "=", collapse = ";"), "\n", sep = "")
}

rank_test <- function(f, paired) {
    exact <- f$exact == 1
    t <- wilcox.test(f$a, f$b, paired = paired, exact = exact, correct = TRUE,
                     conf.int = exact, conf.level = f$confidence)
    above <- wilcox.test(f$a, f$b, paired = paired, exact = exact, alternative = "greater", mu = -f$margin)
    below <- wilcox.test(f$a, f$b, paired = paired, exact = exact, alternative = "less", mu = f$margin)
    say(statistic = unname(t$statistic), p = t$p.value, equivalent = max(above$p.value, below$p.value),
        if (exact) c(estimate = unname(t$estimate), low = t$conf.int[1], high = t$conf.int[2]))
}

answers <- list(
    samples = function(f) rank_test(f, FALSE),
    pairs = function(f) rank_test(f, TRUE),
    kruskal = function(f) {
        t <- kruskal.test(f$values, factor(f$group))
        say(statistic = unname(t$statistic), p = t$p.value)
    },
    friedman = function(f) {
        t <- friedman.test(matrix(f$values, ncol = f$k)) # a row a block
        say(statistic = unname(t$statistic), p = t$p.value)
    },
    holm = function(f) {
        p <- p.adjust(f$p, "holm")
        say(setNames(p, seq_along(p)))
    },
    version = function(f) cat(R.version.string, "\n", sep = "")
)

input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
    f <- fields(line)
    answers[[f$test]](f)
}
