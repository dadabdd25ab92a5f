package io.epona.runtime.config;

/**
 * A value from the command line, which goes over the file's.
 *
 * @param origin how the user gave it, for example {@code --set lane.count=2}
 * @param key dotted name
 * @param value its text, or null when the user gave none
 */
public record ConfigOverride(String origin, String key, String value) {
    /** From {@code --set key=value}. */
    public static ConfigOverride ofSet(final String text) {
        final int equals = text.indexOf('=');
        return new ConfigOverride(
                "--set " + text,
                (equals < 0 ? text : text.substring(0, equals)).strip(),
                equals < 0 ? null : text.substring(equals + 1).strip());
    }

    /**
     * From an option that stands for a key, for example {@code --listen HOST:PORT}.
     *
     * @param option as the user types it
     * @param key that it stands for
     * @param value that was given
     */
    public static ConfigOverride ofOption(final String option, final ConfigKey<?> key, final String value) {
        return new ConfigOverride(option + ' ' + value, key.name(), value);
    }
}
