package io.epona.runtime.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Reads a HOCON ({@code .conf}, {@code .json}) or properties file into settings with file and line. */
final class ConfigFileReader {
    private final Path path;
    private final List<RawSetting> settings = new ArrayList<>();
    private final List<ConfigProblem> problems;

    private ConfigFileReader(final Path path, final List<ConfigProblem> problems) {
        this.path = path;
        this.problems = problems;
    }

    static List<RawSetting> read(final Path path, final List<ConfigProblem> problems) {
        final ConfigFileReader reader = new ConfigFileReader(path, problems);
        reader.read();
        return reader.settings;
    }

    private void read() {
        final String name = path.getFileName() == null ? "" : path.getFileName().toString();
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            problem(
                    path.toString(),
                    "configuration file is not there or cannot be read",
                    "check the path and its rights");
        } else if (name.endsWith(".properties")) {
            readProperties();
        } else if (name.endsWith(".conf") || name.endsWith(".json")) {
            readHocon();
        } else {
            problem(
                    path.toString(),
                    "the file's ending does not tell its format",
                    "name it .conf (HOCON), .json or .properties");
        }
    }

    private void readHocon() {
        try {
            final Config config = ConfigFactory.parseFile(
                            path.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve();
            walk("", config.root());
        } catch (final com.typesafe.config.ConfigException ex) {
            final String where = null == ex.origin() ? path.toString() : origin(ex.origin());
            problem(where, "is not HOCON: " + ex.getMessage(), "text with : / $ or quotes needs \"...\" around it");
        }
    }

    private void walk(final String prefix, final ConfigObject object) {
        object.forEach((element, value) -> {
            final String key = prefix + element;
            switch (value.valueType()) {
                case OBJECT -> walk(key + '.', (ConfigObject) value);
                case NULL -> problem(origin(value.origin()), key + " has no value", "give one or remove the line");
                case LIST -> settings.add(new RawSetting(key, list((ConfigList) value), origin(value.origin())));
                default -> settings.add(new RawSetting(key, text(value), origin(value.origin())));
            }
        });
    }

    private List<String> list(final ConfigList list) {
        final List<String> elements = new ArrayList<>(list.size());
        for (final ConfigValue element : list) {
            final ConfigValueType type = element.valueType();
            if (type == ConfigValueType.OBJECT || type == ConfigValueType.LIST || type == ConfigValueType.NULL) {
                problem(origin(element.origin()), "a list has an element that is no single value", "flatten it");
            } else {
                elements.add(text(element));
            }
        }
        return elements;
    }

    private static String text(final ConfigValue value) {
        return value.unwrapped().toString();
    }

    private static String origin(final ConfigOrigin origin) {
        final String file = null == origin.filename() ? origin.description() : origin.filename();
        return null != origin.filename() && origin.lineNumber() > 0 ? file + ':' + origin.lineNumber() : file;
    }

    /** Each logical line is given to {@link Properties} alone, which knows the syntax but not the line numbers. */
    private void readProperties() {
        try {
            final List<String> lines = Files.readAllLines(path, StandardCharsets.UTF_8);
            final Map<String, String> origins = new HashMap<>();
            for (int i = 0; i < lines.size(); i++) {
                final String where = path + ":" + (i + 1);
                final StringBuilder logical = new StringBuilder(lines.get(i));
                while (isContinued(logical) && i + 1 < lines.size()) {
                    logical.append('\n').append(lines.get(++i));
                }
                addProperty(logical.toString(), where, origins);
            }
        } catch (final IOException ex) {
            problem(path.toString(), "cannot be read: " + ex.getMessage(), "it must be text in UTF-8");
        }
    }

    private void addProperty(final String line, final String where, final Map<String, String> origins)
            throws IOException {
        final Properties one = new Properties();
        try {
            one.load(new StringReader(line));
        } catch (final IllegalArgumentException ex) {
            problem(where, "is no property: " + ex.getMessage(), "correct the escape sequence");
            return;
        }
        for (final String key : one.stringPropertyNames()) {
            final String earlier = origins.put(key, where);
            if (null != earlier) {
                problem(where, key + " was given before, at " + earlier, "keep one of the two");
            } else {
                settings.add(new RawSetting(key, one.getProperty(key), where));
            }
        }
    }

    /** A line goes on when it ends with an odd number of backslashes and is no comment. */
    private static boolean isContinued(final CharSequence line) {
        int first = 0;
        while (first < line.length() && Character.isWhitespace(line.charAt(first))) {
            first++;
        }
        if (first < line.length() && (line.charAt(first) == '#' || line.charAt(first) == '!')) {
            return false;
        }
        int backslashes = 0;
        while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    private void problem(final String origin, final String what, final String remedy) {
        problems.add(new ConfigProblem(origin, what, remedy));
    }
}
