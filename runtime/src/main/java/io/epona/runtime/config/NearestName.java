package io.epona.runtime.config;

import java.util.Collection;
import java.util.Optional;

/** Finds the known name that a mistyped one was probably meant to be. */
final class NearestName {
    private static final int LETTERS_PER_MISTAKE = 4;

    private NearestName() {}

    /** The nearest known name, when it is near enough to be worth suggesting. */
    static Optional<String> of(final String name, final Collection<String> known) {
        String nearest = null;
        int least = Integer.MAX_VALUE;
        for (final String candidate : known) {
            // A name given without its section is meant often enough to cost only one mistake.
            final int distance = candidate.endsWith('.' + name) ? 1 : distance(name, candidate);
            if (distance < least) {
                nearest = candidate;
                least = distance;
            }
        }
        return least <= Math.max(2, name.length() / LETTERS_PER_MISTAKE) ? Optional.of(nearest) : Optional.empty();
    }

    /** Insertions, deletions, replacements, and swaps of neighbours that make one text the other. */
    static int distance(final String one, final String other) {
        int[] beforeLast = new int[other.length() + 1];
        int[] last = new int[other.length() + 1];
        int[] current = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            current[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                final boolean isSame = one.charAt(i - 1) == other.charAt(j - 1);
                current[j] = Math.min(Math.min(current[j - 1], last[j]) + 1, last[j - 1] + (isSame ? 0 : 1));
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    current[j] = Math.min(current[j], beforeLast[j - 2] + 1);
                }
            }
            final int[] recycled = beforeLast;
            beforeLast = last;
            last = current;
            current = recycled;
        }
        return last[other.length()];
    }
}
