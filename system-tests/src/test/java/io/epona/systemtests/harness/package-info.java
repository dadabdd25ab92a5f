/** What every system test needs: real nodes in processes of their own, real clients, raw connections. */
package io.epona.systemtests.harness;
