package io.epona.runtime.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The types that keys may have. */
final class ConfigTypes {
    static final ConfigType<String> STRING = new ScalarType<>("text", Function.identity(), Function.identity(), true);

    static final ConfigType<Integer> INT = new ScalarType<>(
            "whole number", text -> number(text, Integer::parseInt), text -> Integer.toString(text), false);

    static final ConfigType<Long> LONG =
            new ScalarType<>("whole number", text -> number(text, Long::parseLong), text -> Long.toString(text), false);

    static final ConfigType<Boolean> BOOLEAN =
            new ScalarType<>("true or false", ConfigTypes::toBoolean, text -> Boolean.toString(text), false);

    static final ConfigType<Long> BYTES =
            new ScalarType<>("size such as 64MiB", ConfigTypes::toBytes, ConfigTypes::formatBytes, false);

    static final ConfigType<Duration> DURATION =
            new ScalarType<>("duration such as 10ms", ConfigTypes::toDuration, ConfigTypes::formatDuration, false);

    static final ConfigType<HostPort> HOST_PORT =
            new ScalarType<>("host:port", HostPort::parse, HostPort::toString, true);

    static final ConfigType<Path> PATH = new ScalarType<>("path", ConfigTypes::toPath, Path::toString, true);

    private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private ConfigTypes() {}

    static <E extends Enum<E>> ConfigType<E> enumOf(final Class<E> enumClass) {
        final String names = Arrays.stream(enumClass.getEnumConstants())
                .map(ConfigTypes::enumText)
                .collect(Collectors.joining(", "));
        return new ScalarType<>(
                "one of " + names,
                text -> Arrays.stream(enumClass.getEnumConstants())
                        .filter(constant -> enumText(constant).equals(text.toLowerCase(Locale.ROOT)))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("is none of " + names)),
                ConfigTypes::enumText,
                false);
    }

    static <T> ConfigType<List<T>> listOf(final ConfigType<T> element) {
        return new ListType<>(element);
    }

    static <T> ConfigType<Optional<T>> optional(final ConfigType<T> type) {
        return new OptionalType<>(type);
    }

    static ConfigType<Map<String, String>> map() {
        return new MapType();
    }

    private static String enumText(final Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static <N> N number(final String text, final Function<String, N> parser) {
        try {
            return parser.apply(text);
        } catch (final NumberFormatException ex) {
            final boolean isTooLarge = text.matches("[+-]?\\d+");
            throw new IllegalArgumentException(isTooLarge ? "is too large" : "is not a whole number", ex);
        }
    }

    private static boolean toBoolean(final String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw new IllegalArgumentException("is neither true nor false");
        };
    }

    private static long toBytes(final String text) {
        if (text.startsWith("-")) {
            throw new IllegalArgumentException("is negative");
        }
        try {
            return single(text).getBytes("v");
        } catch (final com.typesafe.config.ConfigException ex) {
            throw new IllegalArgumentException("is not a size in bytes", ex);
        }
    }

    private static Duration toDuration(final String text) {
        if (text.startsWith("-")) {
            throw new IllegalArgumentException("is negative");
        }
        if (text.matches("[\\d.]+") && !text.matches("0+")) {
            throw new IllegalArgumentException("has no unit (ns, us, ms, s, m, h or d)");
        }
        try {
            final Duration duration = single(text).getDuration("v");
            duration.toNanos();
            return duration;
        } catch (final com.typesafe.config.ConfigException | ArithmeticException ex) {
            throw new IllegalArgumentException(
                    ex instanceof BadValue ? "is not a duration" : "is too long, or not a duration", ex);
        }
    }

    private static Config single(final String text) {
        return ConfigFactory.parseMap(Map.of("v", text));
    }

    private static Path toPath(final String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("is no path");
        }
        try {
            final boolean isBelowHome = text.equals("~") || text.startsWith("~/");
            return Path.of(isBelowHome ? System.getProperty("user.home") + text.substring(1) : text);
        } catch (final InvalidPathException ex) {
            throw new IllegalArgumentException("is no path", ex);
        }
    }

    static String formatBytes(final long bytes) {
        int unit = 0;
        long value = bytes;
        while (value != 0 && value % 1024 == 0 && unit < BYTE_UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return value + BYTE_UNITS[unit];
    }

    static String formatDuration(final Duration duration) {
        final long ns = duration.toNanos();
        if (ns == 0) {
            return "0s";
        }
        if (ns % 1_000 != 0) {
            return ns + "ns";
        }
        if (ns % 1_000_000 != 0) {
            return ns / 1_000 + "us";
        }
        if (ns % 1_000_000_000 != 0) {
            return ns / 1_000_000 + "ms";
        }
        final long seconds = ns / 1_000_000_000;
        if (seconds % 60 != 0) {
            return seconds + "s";
        }
        if (seconds % 3_600 != 0) {
            return seconds / 60 + "m";
        }
        return seconds % 86_400 != 0 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
    }

    private record ListType<T>(ConfigType<T> element) implements ConfigType<List<T>> {
        @Override
        public String description() {
            return "list, each " + element.description();
        }

        @Override
        public List<T> read(final Object raw) {
            final List<?> elements = switch (raw) {
                case List<?> list -> list;
                case String text when text.isBlank() -> List.of();
                case String text -> Arrays.asList(text.split(","));
                default -> throw new IllegalArgumentException("is not a list");
            };
            final List<T> values = new ArrayList<>(elements.size());
            for (final Object one : elements) {
                try {
                    values.add(element.read(one));
                } catch (final IllegalArgumentException ex) {
                    throw new IllegalArgumentException("has an element \"" + one + "\" that " + ex.getMessage(), ex);
                }
            }
            return List.copyOf(values);
        }

        @Override
        public String toHocon(final List<T> value) {
            return value.stream().map(element::toHocon).collect(Collectors.joining(", ", "[", "]"));
        }
    }

    private record OptionalType<T>(ConfigType<T> type) implements ConfigType<Optional<T>> {
        @Override
        public String description() {
            return type.description() + ", or empty";
        }

        @Override
        public Optional<T> read(final Object raw) {
            return raw instanceof final String text && text.isBlank() ? Optional.empty() : Optional.of(type.read(raw));
        }

        @Override
        public String toHocon(final Optional<T> value) {
            return value.map(type::toHocon).orElse("\"\"");
        }
    }

    private record MapType() implements ConfigType<Map<String, String>> {
        @Override
        public String description() {
            return "section of names and values";
        }

        @Override
        public boolean isMap() {
            return true;
        }

        @Override
        public Map<String, String> read(final Object raw) {
            final Map<String, String> values = new LinkedHashMap<>();
            if (!(raw instanceof final Map<?, ?> entries)) {
                throw new IllegalArgumentException(
                        "is one value where a section is expected: set its entries one by one, as KEY.NAME=VALUE");
            }
            entries.forEach((name, value) -> {
                final boolean isList = value instanceof List<?>;
                final String text = isList
                        ? ((List<?>) value).stream().map(Object::toString).collect(Collectors.joining(","))
                        : value.toString();
                values.put(name.toString(), text);
            });
            return Collections.unmodifiableMap(values);
        }

        @Override
        public String toHocon(final Map<String, String> value) {
            return value.entrySet().stream()
                    .map(entry -> "  " + ConfigUtil.quoteString(entry.getKey()) + " = "
                            + ConfigUtil.quoteString(entry.getValue()) + "\n")
                    .collect(Collectors.joining("", "{\n", "}"));
        }
    }
}
