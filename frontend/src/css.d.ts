// Style sheets are bundled as text (see build.js).
declare module "*.css" {
  const text: string;
  export default text;
}
