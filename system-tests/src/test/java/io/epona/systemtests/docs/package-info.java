/** Holds the documentation to the code: generated tables, quoted messages, links, and examples that are run. */
package io.epona.systemtests.docs;
