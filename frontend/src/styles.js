// The styles of the panel, a file a subject. The order counts: what is common comes first.
import base from "./styles/base.css";
import charts from "./styles/charts.css";
import drawer from "./styles/drawer.css";
import forms from "./styles/forms.css";
import header from "./styles/header.css";
import importance from "./styles/importance.css";
import layout from "./styles/layout.css";
import log from "./styles/log.css";
import parallel from "./styles/parallel.css";
import table from "./styles/table.css";

export default [base, header, forms, charts, parallel, importance, table, drawer, log, layout].join("\n");
