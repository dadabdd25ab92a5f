package io.epona.runtime.config;

/**
 * A value as a file or the command line gave it, not yet held against the schema.
 *
 * @param key dotted name
 * @param value a {@code String} or a {@code List<String>}
 * @param origin where it was given
 */
record RawSetting(String key, Object value, String origin) {}
