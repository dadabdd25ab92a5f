package io.epona.runtime.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param origin where: file and line, the option of the command line, or empty for what is nowhere
 * @param what is wrong, with the key and the value
 * @param remedy what to do about it
 */
public record ConfigProblem(String origin, String what, String remedy) {
    @Override
    public String toString() {
        return (origin.isEmpty() ? "" : origin + ": ") + what + "; " + remedy;
    }
}
