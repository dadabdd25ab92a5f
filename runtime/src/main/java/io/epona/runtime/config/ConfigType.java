package io.epona.runtime.config;

/**
 * How values of a key are read and written. Stateless.
 *
 * @param <T> type of the values
 */
interface ConfigType<T> {
    /** What to give, for people, for example {@code duration such as 10ms}. */
    String description();

    /**
     * Reads a value as it came from a file or the command line.
     *
     * @param raw a {@code String}, a {@code List<String>}, or for map keys a {@code Map<String, String>}
     * @throws IllegalArgumentException when it is no such value; the message completes a sentence that begins with the
     *     value
     */
    T read(Object raw);

    /** The value as HOCON that {@link #read(Object)} understands again. */
    String toHocon(T value);

    /** True when the key takes every path below its own name. */
    default boolean isMap() {
        return false;
    }
}
