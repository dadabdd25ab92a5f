package io.epona.runtime.config;

import com.typesafe.config.ConfigUtil;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A type whose values are one text each.
 *
 * @param description what to give
 * @param parser from text; its exception's message completes a sentence that begins with the text
 * @param formatter to text
 * @param isQuoted true when HOCON needs quotes around the text
 * @param <T> type of the values
 */
record ScalarType<T>(String description, Function<String, T> parser, Function<T, String> formatter, boolean isQuoted)
        implements ConfigType<T> {
    @Override
    public T read(final Object raw) {
        if (raw instanceof final String text) {
            return parser.apply(text.strip());
        }
        if (raw instanceof List<?> || raw instanceof Map<?, ?>) {
            throw new IllegalArgumentException("is more than one value");
        }
        throw new IllegalArgumentException("is no value");
    }

    @Override
    public String toHocon(final T value) {
        final String text = formatter.apply(value);
        return isQuoted ? ConfigUtil.quoteString(text) : text;
    }
}
